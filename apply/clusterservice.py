"""The place of the admin service's token on a cluster: its Secret, or Vault from which an operator brings it there."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apply import clustervault, keys, servicetoken, tokendelivery, vaultlogin
from apply.kept import Kept, of_fields
from spec.errors import AppliedInPart

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.servicerotation import ServiceToken
    from apply.target import Tell
    from apply.vault import Vault

_PATIENCE_SECONDS, _PAUSE_SECONDS = 90, 0.5
"""Beyond what the operator takes for its next round (`render/extras.py`)."""


@dataclass(frozen=True)
class SecretToken:
    """A Secret that install has made."""

    target: "ClusterTarget"

    def read(self) -> Kept | None:
        """What is in it."""
        return of_fields(keys.read(self.target.kube.get(servicetoken.secret_path(self.target.stack))))

    def keep(self, kept: Kept) -> None:
        """Replace it as a whole."""
        servicetoken.replace(self.target.kube, self.target.stack, kept)

    def await_arrival(self, token: str) -> None:
        """Nothing: a container that starts has what the Secret holds."""


@dataclass(frozen=True)
class VaultToken:
    """A secret in Vault, which the operator brings to the cluster's Secret."""

    target: "ClusterTarget"
    vault: "Vault"
    declared: dict[str, Any]
    tell: "Tell"

    def read(self) -> Kept | None:
        """What Vault has."""
        return servicetoken.kept_in_vault(self.vault, self.declared)[0]

    def keep(self, kept: Kept) -> None:
        """Write its next version; the operator is told when the token is another one."""
        before, version = servicetoken.kept_in_vault(self.vault, self.declared)
        servicetoken.keep_in_vault(self.vault, self.declared, kept, version)
        if before is None or before.token != kept.token:
            tokendelivery.look_again(self.target, self.declared["secret"], version + 1)

    def await_arrival(self, token: str) -> None:
        """Until the Secret has it."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while servicetoken.held(self.target.kube, self.target.stack) != token:
            if time.monotonic() > until:
                secret = self.declared["secret"]
                raise AppliedInPart(
                    f"after {_PATIENCE_SECONDS} s Secret {secret} has not the new token; both are valid",
                    hint="kubectl describe externalsecret says why; inv token.rotate-service goes on where it stopped",
                )
            self.tell("token: waiting until the operator has brought it to the cluster")
            time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def place(target: "ClusterTarget", tell: "Tell") -> Iterator["ServiceToken"]:
    """The token's place, while the body runs."""
    declared = target.vault_objects().get("service")
    if declared is None:
        yield SecretToken(target)
        return
    found = vaultlogin.credential() or vaultlogin.asked()
    with clustervault.signed_in(target, found) as vault:
        yield VaultToken(target, vault, declared, tell)
