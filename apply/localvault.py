"""The Vault server of one machine: its deployer's login, and the names that its first start has fixed."""

import json
import shutil
from typing import TYPE_CHECKING, Any

from apply import facts, vaultobjects
from apply.state import StateDirectory
from render.hubfiles import layout
from spec.errors import StackError
from spec.model import Stack

if TYPE_CHECKING:
    from apply.vault import Vault

_INITIALIZED = "bao/initialized.json"


def signed_in(stack: Stack, state: StateDirectory, mount: str = "", role: str = "deployer") -> "Vault":
    """A client that acts as the deployer, or as who else has a key here; to be used as a context.

    Raises:
        StackError: the server does not answer, or refuses the login.
    """
    from apply.vault import Vault

    vault = Vault(f"https://127.0.0.1:{facts.known(stack, state)['vault_port']}", state.path / "tls" / "ca.pem")
    vault.login(mount or layout(stack).deployer_mount, role, state.secret(f"{role}-login.key"))
    return vault


def write(vault: "Vault", declared: dict[str, Any]) -> None:
    """Make policies and token role as declared; what is so already is not written.

    Raises:
        StackError: the server does not answer, or refuses.
    """
    for one in vaultobjects.differing(vaultobjects.objects(declared, vault.read, None)):
        vault.write(one.path, one.body)


def refuse_other_names(stack: Stack, state: StateDirectory) -> None:
    """The server's first start fixed these names: its root token is gone, so nobody can move them.

    Raises:
        StackError: the stack has other ones now.
    """
    made, now = state.read_json(_INITIALIZED), _names(stack)
    if made is not None and made != now:
        changed = ", ".join(f"{key} was {made[key]!r}" for key in now if made.get(key) != now[key])
        raise StackError(
            f"the secrets in {state.path} were made under other names ({changed})",
            hint="put the old value back, or install into another directory with --state",
        )


def note_names(stack: Stack, state: StateDirectory) -> None:
    """The first start is over, under these names."""
    state.write(_INITIALIZED, json.dumps(_names(stack)) + "\n")


def is_half_made(stack: Stack, state: StateDirectory) -> bool:
    """Whether a first start was cut short: it never runs again, and nobody has stored anything yet."""
    return stack.vault.enabled and state.read_json(_INITIALIZED) is None and any((state.path / "bao").iterdir())


def begin_anew(state: StateDirectory) -> None:
    """Take away what a first start has left; its server must not run."""
    shutil.rmtree(state.path / "bao", ignore_errors=True)
    state.ensure()


def _names(stack: Stack) -> dict[str, str]:
    return {"name": stack.name, "vault.mount": stack.vault.mount}
