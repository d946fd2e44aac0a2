"""What a stack needs in Vault: policies, the token role, the logins. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.names import fits, home, segment, unsegment
from render.templates import filled

ACCESSOR_PLACEHOLDER = "@{token_accessor}"
"""Stands for the accessor of the server's own `token/` mount, which only the running server knows."""

HUB_ROLE = "hub"
"""The role of the hub's login."""
HUB_ACCOUNT = "hub"
"""The hub's service account, as the z2jh chart calls it (templates/hub/rbac.yaml)."""
AUDIENCE = "vault"
"""For whom the tokens are that prove who the hub is."""
LOGIN_TTL = "15m"
"""Life of what a login gives to the hub or to a deployer, who log in again."""


_ROLE: dict[str, Any] = {
    "disallowed_policies": ["root"],
    "disallowed_policies_glob": [],
    "orphan": True,
    "renewable": True,
    "path_suffix": "",
    "token_type": "service",
    "token_bound_cidrs": [],
    "token_no_default_policy": True,
    "token_num_uses": 0,
}


@dataclass(frozen=True)
class VaultLayout:
    """The names one stack uses in Vault; two stacks on one server never share one but `mount`."""

    stack: str
    mount: str = "secret"
    root: str = "jupyter"
    hub_login: str = "jwt"
    isolation: str = "templated"
    buun_stack: bool = False
    """Take buun-stack's names, which are the same for every stack of the server."""
    keeps_service_token: bool = False
    """Whether the token of the admin service may be kept there."""

    @property
    def per_user(self) -> bool:
        """Whether each user has a policy."""
        return self.isolation == "policy_per_user"

    @property
    def token_login(self) -> bool:
        """Whether the hub has a token that lasts."""
        return self.hub_login == "token"

    @property
    def notebook_policy(self) -> str:
        """The policy of every notebook token."""
        return f"{self.stack}-notebook-user"

    @property
    def hub_policy(self) -> str:
        """The policy of the hub's own token."""
        return "jupyterhub-admin" if self.buun_stack else f"{self.stack}-hub"

    @property
    def user_policy_prefix(self) -> str:
        """What the policies of users begin with; the same for all stacks whose secrets are below one folder."""
        return f"{self.root}-user-"

    @property
    def admin_role(self) -> str:
        """The role through which the deployer makes the hub a token that lasts."""
        return f"{self.stack}-admin"

    @property
    def admin_path(self) -> str:
        """Where that token is kept, below the mount."""
        return f"{self._owner}/vault-token"

    @property
    def admin_secret(self) -> str:
        """The Secret in which the cluster has it."""
        return f"{self._owner}-vault-token"

    @property
    def service_path(self) -> str:
        """Where the token of the admin service is kept, below the mount."""
        return f"{self._owner}/admin-service"

    @property
    def service_secret(self) -> str:
        """The Secret in which the cluster has it."""
        return f"{self._owner}-admin-service-token"

    @property
    def _owner(self) -> str:
        return "jupyterhub" if self.buun_stack else self.stack

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
    names = {"hub": layout.hub_policy}
    if not layout.per_user:
        names = {"notebook-user": layout.notebook_policy, **names}
    return {name: _policy(layout, template, accessor) for template, name in names.items()}


def user_policy(layout: VaultLayout, user: str) -> tuple[str, str]:
    """(name, HCL) of one user's own policy, with `isolation: policy_per_user`.

    Raises:
        ValueError: the user's name has no form that Vault can bear.
    """
    encoded = segment(user)
    return f"{layout.user_policy_prefix}{encoded}", _policy(layout, "user", "", user=encoded)


def deployer_policy(layout: VaultLayout, *, cluster: bool = False) -> str:
    """The HCL of the deployer's own policy, which somebody with more power writes once.

    Args:
        cluster: mount and hub's login are the deployer's too; on one machine the server's first start makes them.
    """
    return _policy(layout, "deployer", "", cluster)


def migration_policy(layout: VaultLayout) -> str:
    """The HCL of who moves secrets from buun-stack's plain paths; what is there can be read and not replaced."""
    return _policy(layout, "migration", "")


def encoded_home(layout: VaultLayout, user: str) -> str:
    """Where a user's secrets are below the mount, with one policy for all.

    Raises:
        ValueError: no user can have this name.
    """
    if not fits(user):
        raise ValueError(f"{user!r} cannot be the name of a user")
    return home(layout.root, layout.stack, user)


def is_encoded(layout: VaultLayout, folder: str) -> bool:
    """Whether a folder of users' secrets is one of this stack's own, and not of a plain name."""
    prefix, found, encoded = folder.partition(".")
    try:
        return bool(found) and prefix == layout.stack and bool(unsegment(encoded))
    except ValueError:
        return False


def token_role(layout: VaultLayout, max_ttl: str) -> dict[str, Any]:
    """The whole body of the token role. A write is a merge, so every field is named each time.

    Args:
        max_ttl: cap on a notebook token's life, as a Vault duration.
    """
    return {
        **_ROLE,
        "allowed_policies": [] if layout.per_user else [layout.notebook_policy],
        "allowed_policies_glob": [f"{layout.user_policy_prefix}*"] if layout.per_user else [],
        "allowed_entity_aliases": [f"{layout.stack}.*"],
        "token_explicit_max_ttl": max_ttl,
        "token_period": 0,
    }


def admin_role(layout: VaultLayout, ttl: str) -> dict[str, Any]:
    """The whole body of the role of the hub's own token.

    Periodic, because the server's maximum (768 h unless it is set) ends every other renewable token.
    """
    return {
        **_ROLE,
        "allowed_policies": [layout.hub_policy],
        "allowed_policies_glob": [],
        "allowed_entity_aliases": [],
        "token_explicit_max_ttl": 0,
        "token_period": ttl,
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
        "token_ttl": LOGIN_TTL,
        "token_max_ttl": LOGIN_TTL,
        "expiration_leeway": "1s",
        "not_before_leeway": "5s",
        "clock_skew_leeway": "5s",
    }


def vault_objects(layout: VaultLayout, max_ttl: str, users: Iterable[str] = ()) -> dict[str, Any]:
    """What the deployer keeps in Vault on each target.

    Args:
        users: those who are known already, for their policies where each has one.
    """
    own = dict(user_policy(layout, user) for user in sorted(users)) if layout.per_user else {}
    return {
        "policies": policies(layout) | own,
        "token_roles": {layout.token_role: token_role(layout, max_ttl)},
    }


def admin_token(layout: VaultLayout, ttl: str) -> dict[str, Any]:
    """The hub's own token where it has one that lasts: how it is made and where it is kept."""
    return {
        "role": layout.admin_role,
        "body": admin_role(layout, ttl),
        "policy": layout.hub_policy,
        "path": f"{layout.mount}/data/{layout.admin_path}",
        "secret": layout.admin_secret,
    }


def service_token(layout: VaultLayout) -> dict[str, Any]:
    """Where the token of the admin service is kept, and the Secret to which it is brought."""
    return {"path": f"{layout.mount}/data/{layout.service_path}", "secret": layout.service_secret}


def hub_login(layout: VaultLayout, namespace: str) -> dict[str, Any]:
    """The hub's login by the token of its service account; the cluster's keys are found out when it is written."""
    subject = f"system:serviceaccount:{namespace}:{HUB_ACCOUNT}"
    return {"mount": layout.hub_mount, "role": HUB_ROLE, "body": login_role(subject, layout.hub_policy)}


def _policy(layout: VaultLayout, template: str, accessor: str, cluster: bool = False, user: str = "") -> str:
    return filled(f"policies/{template}.hcl.j2", names=layout, cluster=cluster, accessor=accessor, user=user)
