"""`synthgym check`."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import tyro

from synthgym.commands.common import Looking, Printing, attribute
from synthgym.errors import FamilyError, SettingError, shown
from synthgym.settings import OptionalText
from synthgym.types import GRANULARITIES


@dataclass(frozen=True, kw_only=True)
class Check(Looking, Printing):
    """Check a family, or a verifier, against its contract. The exit status is 1 if it breaks it."""

    family: Annotated[tyro.conf.Positional[str | None], tyro.conf.arg(metavar="[FAMILY]")] = None
    """Name of the family; with --verifier, the one whose responses it judges (chain_sum, if none is given)."""
    verifier: OptionalText = None
    """Check a verifier instead: a registered name, a signal's label, MODULE:OBJECT or FILE.py:OBJECT."""
    seeds: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Tasks of each split and template (200); with --verifier, tasks whose responses it judges (30)."""

    def run(self) -> int:
        """Do it; the exit status."""
        if self.verifier is not None:
            return self._check_verifier(self.verifier)
        if self.family is None:
            raise SettingError("check what? Give the name of a family, or --verifier NAME")
        return self._check_family(self.family)

    def _check_family(self, family: str) -> int:
        from synthgym.envs.check import check_family
        from synthgym.plugins import get_family

        get_family(family)
        given = {} if self.seeds is None else {"seeds": self.seeds}
        try:
            report = check_family(family, **given)
        except FamilyError as error:
            problem = str(error)
            self.print(
                {"family": family, "ok": False, "problem": problem},
                lambda: f"{family}: broke its contract: {problem}",
            )
            return 1
        self.print(
            {"family": family, "ok": True, **asdict(report)},
            lambda: str(report),
        )
        return 0

    def _check_verifier(self, name: str) -> int:
        place, _, wanted = name.rpartition(":")
        if name.endswith(".py") or not name.strip():
            raise SettingError(
                f"verifier {shown(name)} names no object; FILE.py:OBJECT is needed, such as {name or 'judges.py'}:judge"
            )
        verifier = attribute(name) if wanted and place and place not in GRANULARITIES else name
        from synthgym.verifiers.check import check_verifier

        given: dict[str, Any] = {} if self.seeds is None else {"seeds": self.seeds}
        report = check_verifier(verifier, self.family or "chain_sum", **given)
        self.print({"verifier": name, "ok": report.ok, **asdict(report)}, lambda: str(report))
        return 0 if report.ok else 1
