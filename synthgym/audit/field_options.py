"""The options that say which field of somebody's log holds what; for every command that reads such logs."""

from dataclasses import dataclass

from synthgym.audit.fields import ALIASES, Fields
from synthgym.settings import OptionalText


@dataclass(frozen=True, kw_only=True)
class FieldOptions:
    """Which field of another trainer's log is which."""

    prompt_field: OptionalText = None
    """The field that holds the prompt, text or messages; None looks for prompt, input, question, ..."""
    completion_field: OptionalText = None
    """The field that holds the completion, text or messages; None looks for completion, response, output, ..."""
    reward_field: OptionalText = None
    """The field that holds the reward, or several, with commas, to sum; None looks for reward, score, ..."""
    step_field: OptionalText = None
    """The field that holds the training step; None looks for step, global_step, iteration, ..."""
    truth_field: OptionalText = None
    """The field that says whether the answer is right; None looks for truth, correct, is_correct."""
    run_field: OptionalText = None
    """The field that names the run, where a log holds several; None looks for run, run_id, run_name."""

    @property
    def fields(self) -> Fields:
        """What was said.

        Raises:
            SettingError: for a name that cannot be one.
        """
        return Fields(**{role: getattr(self, f"{role}_field") for role in ALIASES})
