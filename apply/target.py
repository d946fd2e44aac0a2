"""What a stack runs on, as the commands see it: one machine or a cluster."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from apply.hubapi import HubApi
from apply.namedfiles import unreadable
from apply.plan import Plan
from apply.validation import validated
from spec.availability import unavailable
from spec.errors import SpecError
from spec.model import Stack

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.local import LocalTarget
    from apply.loginlayer import LoginLayer
    from apply.reach import Reach
    from apply.servicerotation import ServiceToken
    from render.artifacts import Artifacts

Tell = Callable[[str], None]
Confirm = Callable[[Plan], None]
"""Shows a plan and raises when it may not be applied."""


SPAWN = "spawn"
"""The one proof that is only made when it is asked for."""


@dataclass(frozen=True)
class Options:
    """How an install goes about it."""

    repair: bool = False
    """Compare every object of a cluster even where nothing seems to have changed."""
    prove: str = ""
    """`spawn`: start a server and end it, as a proof."""
    new_homes: bool = False
    """Go on where users would get new, empty homes."""
    wheels: Path | None = None
    """A folder with Python packages, instead of the network."""


@dataclass(frozen=True)
class FirstLogin:
    """The first administrator, whose password nobody has seen yet."""

    user: str
    password: str = field(repr=False)
    where: str
    """Where it waits, in words."""
    forget: Callable[[], None]
    """Removes it from there, once somebody has seen it."""


@dataclass(frozen=True)
class Outcome:
    """What an install has done."""

    plan: Plan
    url: str
    first_login: FirstLogin | None
    warnings: tuple[str, ...] = ()


class Target(Protocol):
    """One stack where it runs."""

    stack: Stack

    def url(self) -> str:
        """The address users visit, with a slash at its end."""
        ...

    def artifacts(self) -> "Artifacts":
        """Everything the stack is made from."""
        ...

    def examine(self, options: Options, tell: Tell, /) -> Plan:
        """What install would do; changes nothing."""
        ...

    def install(self, options: Options, confirm: Confirm, tell: Tell) -> Outcome:
        """Make the target agree with the stack file and prove it."""
        ...

    def hub(self) -> AbstractContextManager[HubApi]:
        """The hub's API with the admin service's token, while the context is open."""
        ...

    def reach(self) -> AbstractContextManager["Reach"]:
        """The way from here to what users and assistants reach, while the context is open."""
        ...

    def locked(self, purpose: str, tell: Tell) -> AbstractContextManager[None]:
        """Keep other commands on this stack out while the context is open."""
        ...

    def hurry_secrets(self) -> None:
        """Make the hub see what it was brought sooner than by itself."""
        ...

    def login(self) -> AbstractContextManager["LoginLayer"]:
        """How users sign in, where a provider knows them, while the context is open."""
        ...

    def service_token(self, tell: Tell, /) -> AbstractContextManager["ServiceToken"]:
        """Where the token of the admin service lies, while the context is open."""
        ...

    def give_secrets(self, user: str) -> str:
        """What a new user needs in Vault beside the hub's part; words when somebody has to do more for it."""
        ...

    def uninstall(self, purge: bool, confirm: Callable[[str], None], tell: Tell) -> str:
        """Remove what install made; the words that say what stays."""
        ...


def target(spec: str, state: str | None) -> "LocalTarget | ClusterTarget":
    """The target a stack file names, refusing what it asks for and cannot have yet.

    Each target's module is loaded where it is used: the other one's libraries take longer than an install without
    changes.

    Raises:
        SpecError: the file has problems, or uses what is not available on this target.
    """
    path = Path(spec)
    stack = validated(spec)
    if problems := unavailable(stack, path):
        raise SpecError(problems)
    if stack.target.kind == "kubernetes":
        from apply.cluster import ClusterTarget

        return ClusterTarget(stack, path)
    from apply import confinement
    from apply.local import LocalTarget
    from apply.state import of

    found = of(stack.name, state)
    confinement.refuse_open(stack, found)
    return LocalTarget(_with_files(stack, path.parent), found, path.parent)


def _with_files(stack: Stack, folder: Path) -> Stack:
    """The stack with the files it names found from its own folder, as the running parts need them.

    Raises:
        StackError: one cannot be read.
    """
    found = {
        name: _readable(folder, file, f"hub.{name}")
        for name in ("certificate", "key", "logo")
        if (file := getattr(stack.hub, name))
    }
    from msgspec.structs import replace

    stack = replace(stack, hub=replace(stack.hub, **found)) if found else stack
    return replace(stack, ca=_readable(folder, stack.ca, "ca")) if stack.ca else stack


def _readable(folder: Path, file: str, name: str) -> str:
    path = (folder / file).resolve()
    try:
        path.open("rb").close()
    except OSError as error:
        raise unreadable(path, name, error.strerror) from error
    return str(path)
