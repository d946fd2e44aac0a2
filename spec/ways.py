"""How a stack's secrets work, with the preset and the defaults filled in. Pure."""

from dataclasses import dataclass

from spec.model_platform import Vault


@dataclass(frozen=True)
class Ways:
    """The three decisions of `vault:`, and the life of a notebook's token as durations."""

    hub_login: str
    delivery: str
    isolation: str
    ttl: str
    max_ttl: str


OURS = Ways("jwt", "on_demand", "templated", "1h", "12h")
BUUN_STACK = Ways("token", "env", "policy_per_user", "24h", "168h")
"""Of buun-stack at 0973559: NOTEBOOK_VAULT_TOKEN_TTL and _MAX_TTL (justfile of its jupyterhub module)."""


def ways(vault: Vault) -> Ways:
    """What is declared, else what the preset says, else the default."""
    base = BUUN_STACK if vault.preset == "buun-stack" else OURS
    return Ways(
        vault.hub_login or base.hub_login,
        vault.delivery or base.delivery,
        vault.isolation or base.isolation,
        vault.user_token.ttl or base.ttl,
        vault.user_token.max_ttl or base.max_ttl,
    )


def has_lasting_token(vault: Vault) -> bool:
    """Whether the hub has a token in Vault that lasts."""
    return vault.enabled and ways(vault).hub_login == "token"


def has_user_policies(vault: Vault) -> bool:
    """Whether each user has a policy in Vault."""
    return vault.enabled and ways(vault).isolation == "policy_per_user"


def has_page(vault: Vault) -> bool:
    """Whether users have a page for their secrets."""
    return vault.enabled and vault.page
