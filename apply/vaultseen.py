"""What `inv doctor` has seen of a stack's Vault, on either target. Pure data, without a secret in it."""

from dataclasses import dataclass

GOOD = (200, 429, 472, 473)
"""Of its health: active, or a standby that hands requests on (openbao.org/api-docs/system/health)."""


@dataclass(frozen=True)
class VaultSeen:
    """The server, what is declared in it, and who may come in."""

    fault: str = ""
    """Why it does not answer; empty when it does."""
    untrusted: bool = False
    """Whether that is its certificate."""
    status: int = 200
    """Of its health (openbao.org/api-docs/system/health): 200 fine, 429 and 473 standby, 501 no data, 503 sealed."""
    missing: tuple[str, ...] = ()
    """What is declared and not there, such as `policy lab-hub`."""
    differing: tuple[str, ...] = ()
    installer_fault: str = ""
    """Why `inv` cannot look into it."""
    hub_fault: str = ""
    """Why the hub cannot log in."""
    token_fault: str = ""
    """Why the hub needs another token that lasts."""
