"""Types of settings that configs and the command line share.

They tell the command line what to call a value, and which settings stand alone on the line, and mean nothing else.
"""

from pathlib import Path
from typing import Annotated, TypeAlias

import tyro

FamilyName: TypeAlias = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FAMILY")]
"""Given by itself: ``synthgym show chain_sum``."""
FamilyOption: TypeAlias = Annotated[str, tyro.conf.arg(metavar="FAMILY")]
OptionalFamily: TypeAlias = Annotated[str | None, tyro.conf.arg(metavar="FAMILY")]
Families: TypeAlias = Annotated[tuple[str, ...], tyro.conf.arg(metavar="FAMILY ...")]
SignalLabel: TypeAlias = Annotated[str, tyro.conf.arg(metavar="SIGNAL")]
OptionalSignal: TypeAlias = Annotated[str | None, tyro.conf.arg(metavar="SIGNAL")]
FormatName: TypeAlias = Annotated[str | None, tyro.conf.arg(metavar="FORMAT")]
FileOrFolder: TypeAlias = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE")]
RunFolder: TypeAlias = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FOLDER")]
ModelId: TypeAlias = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="MODEL")]
OptionalText: TypeAlias = Annotated[str | None, tyro.conf.arg(metavar="STR")]
OptionalNumber: TypeAlias = Annotated[float | None, tyro.conf.arg(metavar="FLOAT")]
OptionalWhole: TypeAlias = Annotated[int | None, tyro.conf.arg(metavar="INT")]
OptionalPath: TypeAlias = Annotated[Path | None, tyro.conf.arg(metavar="PATH")]
Flag: TypeAlias = tyro.conf.FlagCreatePairsOff[bool]
"""A switch that is off unless given."""
Repeated: TypeAlias = tyro.conf.UseAppendAction[tuple[str, ...]]
"""An option that may be given again."""
