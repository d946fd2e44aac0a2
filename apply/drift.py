"""`inv drift`: what runs against what the last install made, whoever changed it; reads only."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from apply import console
from apply.target import target
from spec.errors import PlanNotEmpty

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.local import LocalTarget

NOBODY = "nobody tells"
"""Who did it, where neither cluster nor machine keeps that."""
_HINT = "inv install --repair puts back what was changed or removed; what was added by hand goes by hand"


@dataclass(frozen=True)
class Drift:
    """One thing that is not as the last install left it."""

    object: str
    """In the user's words, such as `Deployment hub`."""
    field: str
    """Its place in the object; empty for all of it."""
    then: str
    now: str
    who: str = NOBODY
    when: str = ""
    """As RFC 3339, in UTC; empty where nobody tells."""

    def line(self) -> str:
        """For people."""
        where = f"{self.object}: {self.field}: " if self.field else f"{self.object}: "
        return f"{where}{self.then} -> {self.now} ({', '.join(filter(None, (self.who, self.when)))})"


@dataclass(frozen=True)
class Seen:
    """What was found, and what could not be looked at."""

    drifts: list[Drift]
    notes: tuple[str, ...] = ()


def show(spec: str, state: str | None, check: bool, as_json: bool) -> None:
    """Print a line for each difference.

    Raises:
        PlanNotEmpty: with `check`, when there is any.
        StackError: nothing is installed, or it cannot be read.
    """
    found = _seen(target(spec, state))
    if as_json:
        console.result_json({"drifts": [asdict(one) for one in found.drifts], "notes": list(found.notes)})
    else:
        for note in found.notes:
            console.say(f"note: {note}")
        lines = [one.line() for one in found.drifts]
        console.result("\n".join(lines) if lines else "nothing differs from what was installed")
    if check and found.drifts:
        count = len(found.drifts)
        message = f"{count} thing{' differs' if count == 1 else 's differ'} from what was installed"
        raise PlanNotEmpty(message, hint=_HINT)


def _seen(found: "LocalTarget | ClusterTarget") -> Seen:
    from apply.local import LocalTarget

    if isinstance(found, LocalTarget):
        from apply import localdrift

        return localdrift.seen(found, console.say)
    from apply import clusterdrift

    return clusterdrift.seen(found, console.say)
