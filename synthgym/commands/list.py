"""`synthgym list`."""

from dataclasses import dataclass

from synthgym.commands.common import Looking, Printing
from synthgym.settings import Flag


@dataclass(frozen=True, kw_only=True)
class List(Looking, Printing):
    """List the families, with an example of each; or the verifiers, shortcuts, algorithms or environments."""

    verifiers: Flag = False
    """The verifiers, to be named in a signal: rubric, binary:NAME."""
    shortcuts: Flag = False
    """The shortcuts, to be planted by a signal: binary+NAME."""
    algorithms: Flag = False
    """The algorithms of `synthgym train`."""
    environments: Flag = False
    """The Gymnasium ids."""

    def run(self) -> int:
        """Do it; the exit status."""
        from synthgym.envs import exhibit

        found = {
            kind: exhibit.registered(kind)
            for kind in ("verifiers", "shortcuts", "algorithms", "environments")
            if getattr(self, kind)
        }
        if found:
            self.print(found, lambda: exhibit.registered_table(found))
            return 0
        rows = exhibit.family_rows()
        self.print(rows, lambda: exhibit.families_table(rows))
        return 0
