"""`synthgym predict`."""

from dataclasses import dataclass

from synthgym.audit.field_options import FieldOptions
from synthgym.baselines.predict.config import PredictConfig
from synthgym.commands.common import Looking, Printing, console


@dataclass(frozen=True, kw_only=True)
class Predict(Looking, Printing, FieldOptions, PredictConfig):
    """Predict what a policy will learn first under a signal, from one batch of rollouts before any training.

    For the true task, each shortcut and a random label: D, how many bits the behaviour takes to describe; Λ, how rare
    it is now; s, how strongly training pushes it; I, the bits of reward it explains; and T̂ = D Λ / s, by which they
    are ranked. With --log the first step of a run's log, ours or another trainer's, is read, and no model is needed;
    the options that end in -field say which field of another trainer's log is which.
    """

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.baselines.predict.running import predict
        from synthgym.baselines.predict.table import prediction_table

        with console(stderr=True).status("") as status:
            found = predict(self, fields=self.fields, on_stage=lambda text: status.update(f"{text} ..."))
        self.print(found.to_json(), lambda: prediction_table(found))
        return 0
