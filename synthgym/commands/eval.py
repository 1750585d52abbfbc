"""`synthgym eval`."""

from dataclasses import dataclass

from synthgym.commands.common import Looking, Printing
from synthgym.settings import FamilyOption, ModelId


@dataclass(frozen=True, kw_only=True)
class Eval(Looking, Printing):
    """Evaluate a policy on held-out tasks: greedy accuracy, pass@1 and unbiased pass@k, with intervals."""

    model: ModelId
    """Path or id of a causal language model."""
    family: FamilyOption
    """Name of the family."""
    k: tuple[int, ...] = (1, 8)
    """The k of pass@k."""
    tasks: int = 128
    """Held-out tasks."""
    samples: int = 16
    """Completions a task; at least the largest k."""
    difficulty: int = 1
    """0 to 10."""
    template: str = "compact"
    """How prompts are worded: compact or natural."""
    temperature: float = 1.0
    """Of sampling."""
    seed: int = 0
    """Of sampling."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.baselines.eval_command import evaluate_model, evaluation_table

        found = evaluate_model(
            self.model,
            self.family,
            k=self.k,
            count=self.tasks,
            samples=self.samples,
            difficulty=self.difficulty,
            template=self.template,
            temperature=self.temperature,
            seed=self.seed,
        )
        self.print(found, lambda: evaluation_table(found))
        return 0
