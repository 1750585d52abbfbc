"""`synthgym report`."""

import warnings
from dataclasses import dataclass

from synthgym.commands.common import like
from synthgym.errors import SettingError, shown
from synthgym.settings import Flag, OptionalPath, RunFolder


@dataclass(frozen=True, kw_only=True)
class Report:
    """Write the report of a run or a study from its log."""

    folder: RunFolder
    """Folder of a run or a study."""
    out: OptionalPath = None
    """The HTML file; None writes report.html into the folder."""
    skip_corrupt: Flag = False
    """Go on past corrupt parts of the log, and say so in the report."""

    def run(self) -> int:
        """Do it; the exit status."""
        if not self.folder.exists():
            raise SettingError(f"no run or study {shown(str(self.folder), 300)}{like(self.folder)}")
        from synthgym.report import analyse, findings, write_report

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what the report notes, `findings` says
            analysed = analyse(self.folder, skip_corrupt=self.skip_corrupt)
        path = write_report(self.folder, self.out, report=analysed)
        for finding in findings(analysed):
            print(f"- {finding}")
        print(f"report: {path}")
        return 0
