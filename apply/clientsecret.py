"""The hub's secret at its provider, on its way to the hub: made once, kept where the file says, never shown.

The hub reads it from a file, one secret to a line: while it is changed there are two, of which the provider knows one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from apply import keys, references
from apply.generations import KIND, STACK
from apply.keycloakobjects import LAYER
from apply.passwords import new_secret
from apply.plan import Change
from apply.references import Places
from render.login import SECRET_FILE, login_secret
from spec.errors import StackError
from spec.login import client_secret
from spec.model import Stack

if TYPE_CHECKING:
    from apply.kube import Kube
    from apply.state import StateDirectory

_TITLE = "secret of the hub's client"


class Delivery(Protocol):
    """What the hub reads its secret from."""

    def read(self) -> list[str]:
        """The secrets that are there; none before the first install."""
        ...

    def write(self, lines: Sequence[str]) -> None:
        """Put these there, in place of what is there."""
        ...


@dataclass(frozen=True)
class FileDelivery:
    """A file of the state directory."""

    state: "StateDirectory"
    name: str

    def read(self) -> list[str]:
        """Those in the file."""
        return (self.state.read(self.name) or "").split()

    def write(self, lines: Sequence[str]) -> None:
        """Replace the file as a whole."""
        self.state.write(self.name, "\n".join(lines) + "\n")


@dataclass(frozen=True)
class SecretDelivery:
    """A Secret of the cluster, which the hub's pod mounts."""

    kube: Callable[[], "Kube"]
    """Asked for at the first use: whoever administers Keycloak alone has no kubeconfig."""
    stack: Stack

    def read(self) -> list[str]:
        """Those in the Secret."""
        return keys.read(self.kube().get(self._path)).get(SECRET_FILE, "").split()

    def write(self, lines: Sequence[str]) -> None:
        """Make the Secret, or change it."""
        labels = {STACK: self.stack.name, KIND: "login"}
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": login_secret(self.stack), "labels": labels},
            "stringData": {SECRET_FILE: "\n".join(lines) + "\n"},
        }
        self.kube().apply(self._path, body, "buunstack")

    @property
    def _path(self) -> str:
        return f"/api/v1/namespaces/{self.stack.target.namespace}/secrets/{login_secret(self.stack)}"


class MountedSecret:
    """A Secret that the stack file names itself: the hub's pod mounts it, and nothing has to be brought there."""

    def __init__(self, look: Callable[[], str | None]) -> None:
        """Args: look: reads what is in it."""
        self._look = look

    def read(self) -> list[str]:
        """What is in it."""
        return (self._look() or "").split()

    def write(self, lines: Sequence[str]) -> None:
        """Nothing: `references` writes where the file says."""


def field_of(stack: Stack) -> str:
    """The field of the stack file that may name the secret's place."""
    return f"auth.{stack.auth.kind}.client_secret"


def wanted(stack: Stack, places: Places, delivered: list[str]) -> str | None:
    """The secret that the client should have; None where none is kept yet and install may make one.

    Raises:
        StackError: it cannot be read, or it is somebody else's to make and is not there.
    """
    reference = client_secret(stack.auth)
    if reference is None:
        return delivered[0] if delivered else None
    found = references.kept(reference, field_of(stack), places)
    if found is None and reference.startswith("env:"):
        raise StackError(f"{field_of(stack)}: {reference} leads to no secret", hint="set the variable")
    return found


def change(value: str | None, delivered: list[str]) -> list[Change]:
    """What would be made of it, without a word about its value."""
    if not delivered:
        return [Change("create", _TITLE, layer=LAYER)]
    return [Change("update", _TITLE, ("secret: changed",), layer=LAYER)] if delivered != [value] else []


def made(stack: Stack, places: Places) -> str:
    """A new secret, kept where the stack file says.

    Raises:
        StackError: it cannot be kept there.
    """
    reference = client_secret(stack.auth)
    return new_secret() if reference is None else references.made(reference, field_of(stack), places)
