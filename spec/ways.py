"""How a stack's secrets work, with the preset and the defaults filled in. Pure."""

from dataclasses import dataclass

from spec.model_platform import Vault


@dataclass(frozen=True)
class Ways:
    """The three decisions of `vault:`."""

    hub_login: str
    delivery: str
    isolation: str


OURS = Ways("jwt", "on_demand", "templated")
BUUN_STACK = Ways("token", "env", "policy_per_user")


def ways(vault: Vault) -> Ways:
    """What is declared, else what the preset says, else the default."""
    base = BUUN_STACK if vault.preset == "buun-stack" else OURS
    return Ways(vault.hub_login or base.hub_login, vault.delivery or base.delivery, vault.isolation or base.isolation)
