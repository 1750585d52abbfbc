"""What `synthgym score` and `synthgym.verifiers.score_files.score_file` are told."""

from dataclasses import dataclass

from synthgym.errors import SettingError, shown
from synthgym.settings import FileOrFolder, Flag, OptionalPath, OptionalSignal, SignalLabel


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """Score a file of completions: completions in, verdicts out."""

    file: FileOrFolder
    """JSON lines (.gz too), - for standard input, a Parquet file, or the folder of a run or a study."""
    signal: SignalLabel = "binary"
    """What to judge by: binary, rubric or token; :VERIFIER, +SHORTCUT and ~CONTROL may follow."""
    out: OptionalPath = None
    """File of the verdicts, one JSON object a line; the same command goes on with it after a kill."""
    compare: OptionalSignal = None
    """A second signal, whose verdicts stand beside the first's; the summary says where the two differ."""
    truth: Flag = False
    """Write each row's truth beside its verdict: for measuring, not for training."""
    overwrite: Flag = False
    """Begin again, whatever the file of verdicts holds."""
    seed: int = 0
    """Of the draws of the controls ~random and ~shuffled (which permutes within a batch)."""
    batch: int = 256
    """Rows judged, and written, at once."""
    processes: int = 1
    """Processes that judge side by side."""

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("batch", 1), ("processes", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise SettingError(f"{name} {shown(value)} is not a whole number >= {least}")
