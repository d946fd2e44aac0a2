"""How a stack's users sign in, with the defaults filled in. Pure."""

from spec.model import Stack
from spec.model_auth import Auth, Keycloak

PROVIDERS = ("keycloak", "oidc")


def by_provider(auth: Auth) -> bool:
    """Whether somebody else than the hub knows the users."""
    return auth.kind in PROVIDERS


def administrators(auth: Auth) -> list[str]:
    """Administrators by name; a provider gives out names as it likes, so there nobody is one unless declared."""
    if auth.admin_users is not None:
        return auth.admin_users
    return [] if by_provider(auth) else ["admin"]


def managed(keycloak: Keycloak) -> str:
    """How much of the realm install keeps as declared: `none`, `client`, `groups` or `realm`."""
    if keycloak.embedded:
        return "realm"
    return keycloak.manage or ("none" if keycloak.admin_secret is None else "client")


def embedded(stack: Stack) -> bool:
    """Whether install runs a Keycloak of the stack's own."""
    return stack.auth.kind == "keycloak" and stack.auth.keycloak.embedded


def first_user(stack: Stack) -> str:
    """Whose password install makes and shows once; empty where a provider has the passwords."""
    if not by_provider(stack.auth):
        return next(iter(administrators(stack.auth)), "")
    users = stack.auth.keycloak.users if embedded(stack) else []
    first = [user for user in users if set(user.groups) & set(stack.auth.admin_groups)]
    return next((user.name for user in [*first, *users]), "")


def client_secret(auth: Auth) -> str | None:
    """Where the client's secret is kept; None where install makes it and keeps it itself."""
    return auth.oidc.client_secret if auth.kind == "oidc" else auth.keycloak.client_secret


def login_groups(stack: Stack) -> list[str]:
    """Every group that the stack's login, profiles and folders name."""
    named = {*stack.auth.admin_groups, *stack.auth.allowed_groups}
    for profile in stack.profiles.values():
        named.update(profile.groups)
    for folder in stack.storage.shared.values():
        named.update(folder.groups)
    return sorted(named)
