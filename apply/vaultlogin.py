"""As whom `inv` acts in Vault: a token or a login from the environment, never from a command line. Reads files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apply import console
from apply.namedfiles import named_text
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.vault import Vault

_JWT = "VAULT_LOGIN_JWT_FILE"
_POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
_LOGIN = ("VAULT_LOGIN_MOUNT", "VAULT_LOGIN_ROLE")
WAYS = "VAULT_TOKEN, VAULT_TOKEN_FILE, VAULT_LOGIN_MOUNT with VAULT_LOGIN_ROLE, or ~/.vault-token"
"""Where a credential is looked for, in this order."""


@dataclass(frozen=True)
class Credential:
    """A token, or what a login with a JWT takes."""

    token: str = field(default="", repr=False)
    mount: str = ""
    role: str = ""
    proof: str = field(default="", repr=False)

    def sign_in(self, vault: "Vault") -> None:
        """Make the client act with it.

        Raises:
            StackError: the login is refused.
        """
        if self.token:
            vault.use(self.token)
        else:
            vault.login_with(self.mount, self.role, self.proof)


def credential(environ: Mapping[str, str] = os.environ) -> Credential | None:
    """The first of `WAYS` that is there.

    Raises:
        StackError: a file that is named cannot be read, or a login is named by half.
    """
    if token := environ.get("VAULT_TOKEN", "").strip():
        return Credential(token=token)
    if file := environ.get("VAULT_TOKEN_FILE"):
        return Credential(token=_text(file, "VAULT_TOKEN_FILE"))
    mount, role = (environ.get(name, "") for name in _LOGIN)
    if mount or role:
        if not (mount and role):
            raise StackError(f"a login in Vault needs both {' and '.join(_LOGIN)}", hint="set the other one too")
        return Credential(mount=mount, role=role, proof=_text(environ.get(_JWT, _POD_TOKEN), _JWT))
    kept = Path.home() / ".vault-token"
    return Credential(token=_text(str(kept), "~/.vault-token")) if kept.is_file() else None


def asked() -> Credential:
    """One that somebody types; for a terminal alone.

    Raises:
        StackError: there is no terminal.
    """
    if not console.interactive():
        raise StackError("there is no credential for Vault", hint=f"set one of {WAYS}")
    return Credential(token=console.ask_password("Vault token"))


def _text(path: str, name: str) -> str:
    text = named_text(Path(path).expanduser(), name, "a text file").strip()
    if not text:
        raise StackError(f"{name}: {path} is empty", hint="write the token into it, or unset the variable")
    return text
