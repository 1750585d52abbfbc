"""`synthgym export`."""

from dataclasses import asdict, dataclass

from synthgym.commands.common import Looking, Printing
from synthgym.envs.export_config import ExportConfig


@dataclass(frozen=True, kw_only=True)
class Export(Looking, Printing, ExportConfig):
    """Write a data set, as Parquet or JSON lines, in the formats of TRL's trainers."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.envs.export import run_export

        report = run_export(self)
        self.print(asdict(report), lambda: str(report))
        return 0
