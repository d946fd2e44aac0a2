"""What a stack needs in Vault: policies, the token role, the logins. Pure."""

from dataclasses import dataclass
from typing import Any

from render.templates import filled

ACCESSOR_PLACEHOLDER = "@{token_accessor}"
"""Stands for the accessor of the server's own `token/` mount, which only the running server knows."""

HUB_ROLE = "hub"
"""The role of the hub's login."""
HUB_ACCOUNT = "hub"
"""The hub's service account, as the z2jh chart calls it (templates/hub/rbac.yaml)."""
AUDIENCE = "vault"
"""For whom the tokens are that prove who the hub is."""


@dataclass(frozen=True)
class VaultLayout:
    """The names one stack uses in Vault; two stacks on one server never share one but `mount`."""

    stack: str
    mount: str = "secret"
    root: str = "jupyter"

    @property
    def notebook_policy(self) -> str:
        """The policy of every notebook token."""
        return f"{self.stack}-notebook-user"

    @property
    def hub_policy(self) -> str:
        """The policy of the hub's own short token."""
        return f"{self.stack}-hub"

    @property
    def deployer_policy(self) -> str:
        """The policy of `inv` itself."""
        return f"{self.stack}-deployer"

    @property
    def token_role(self) -> str:
        """The role through which the hub makes notebook tokens."""
        return f"{self.stack}-notebook"

    @property
    def hub_mount(self) -> str:
        """The JWT login mount of the hub."""
        return f"{self.stack}-hub"

    @property
    def deployer_mount(self) -> str:
        """The JWT login mount of `inv`, on the local target."""
        return f"{self.stack}-deployer"


def policies(layout: VaultLayout, accessor: str = ACCESSOR_PLACEHOLDER) -> dict[str, str]:
    """Policy name -> HCL, for the policies that the deployer keeps."""
    names = {"notebook-user": layout.notebook_policy, "hub": layout.hub_policy}
    return {name: _policy(layout, template, accessor) for template, name in names.items()}


def deployer_policy(layout: VaultLayout, *, cluster: bool = False) -> str:
    """The HCL of the deployer's own policy, which somebody with more power writes once.

    Args:
        cluster: mount and hub's login are the deployer's too; on one machine the server's first start makes them.
    """
    return _policy(layout, "deployer", "", cluster)


def token_role(layout: VaultLayout, max_ttl: str) -> dict[str, Any]:
    """The whole body of the token role. A write is a merge, so every field is named each time.

    Args:
        max_ttl: cap on a notebook token's life, as a Vault duration.
    """
    return {
        "allowed_policies": [layout.notebook_policy],
        "disallowed_policies": ["root"],
        "allowed_policies_glob": [],
        "disallowed_policies_glob": [],
        "allowed_entity_aliases": [f"{layout.stack}.*"],
        "orphan": True,
        "renewable": True,
        "path_suffix": "",
        "token_type": "service",
        "token_bound_cidrs": [],
        "token_explicit_max_ttl": max_ttl,
        "token_no_default_policy": True,
        "token_num_uses": 0,
        "token_period": 0,
    }


def login_role(subject: str, policy: str) -> dict[str, Any]:
    """The body of a JWT login role for exactly one subject.

    The leeways are explicit because the server's own let a token pass that expired 50 s ago.
    """
    return {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [AUDIENCE],
        "bound_subject": subject,
        "token_policies": [policy],
        "token_no_default_policy": True,
        "token_type": "service",
        "token_ttl": "15m",
        "token_max_ttl": "15m",
        "expiration_leeway": "1s",
        "not_before_leeway": "5s",
        "clock_skew_leeway": "5s",
    }


def vault_objects(layout: VaultLayout, max_ttl: str) -> dict[str, Any]:
    """What the deployer keeps in Vault on each target."""
    return {
        "policies": policies(layout),
        "token_role": {"name": layout.token_role, "body": token_role(layout, max_ttl)},
    }


def hub_login(layout: VaultLayout, namespace: str) -> dict[str, Any]:
    """The hub's login by the token of its service account; the cluster's keys are found out when it is written."""
    subject = f"system:serviceaccount:{namespace}:{HUB_ACCOUNT}"
    return {"mount": layout.hub_mount, "role": HUB_ROLE, "body": login_role(subject, layout.hub_policy)}


def _policy(layout: VaultLayout, template: str, accessor: str, cluster: bool = False) -> str:
    return filled(
        f"policies/{template}.hcl.j2",
        cluster=cluster,
        stack=layout.stack,
        mount=layout.mount,
        root=layout.root,
        accessor=accessor,
    )
