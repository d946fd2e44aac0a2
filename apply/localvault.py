"""The Vault server of one machine, as its deployer."""

from typing import TYPE_CHECKING

from apply import facts
from apply.state import StateDirectory
from render.hubfiles import layout
from spec.model import Stack

if TYPE_CHECKING:
    from apply.vault import Vault


def signed_in(stack: Stack, state: StateDirectory) -> "Vault":
    """A client that acts as the deployer; to be used as a context.

    Raises:
        StackError: the server does not answer, or refuses the login.
    """
    from apply.vault import Vault

    vault = Vault(f"https://127.0.0.1:{facts.known(stack, state)['vault_port']}", state.path / "tls" / "ca.pem")
    vault.login(layout(stack).deployer_mount, "deployer", state.secret("deployer-login.key"))
    return vault
