"""Tells the log of an environment which step of training its attempts belong to. Imports transformers."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from synthgym.envs.record import EpisodeWriter


class StepCallback(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """Sets the step of a writer's rows to the updates made so far; flushes its log at checkpoints and at the end.

    Args:
        writer: the one that the environments write through.
    """

    def __init__(self, writer: EpisodeWriter) -> None:
        self.writer = writer

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the step."""
        if self.writer.policy_step != state.global_step:
            self.writer.policy_step = state.global_step

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Write what is buffered with each checkpoint, so that a run that goes on from it has all rows up to it."""
        self.writer.log.flush()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Write what is buffered."""
        self.writer.log.flush()
