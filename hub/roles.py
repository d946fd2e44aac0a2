"""The hub's services and who may do what: added to what is configured already, never in its place."""

from collections.abc import Iterable, Mapping
from typing import Any

from traitlets.config.loader import LazyConfigValue

from hub.settings import Settings, SettingsError

VAULT_TOKEN_SCOPE = "custom:vault:token"  # noqa: S105 - a scope's name
ADMIN_SERVICE = "admin-service"
_SERVER_SCOPES = ["users:activity!user", "access:servers!server"]
"""What JupyterHub gives a server when nothing is configured."""


def server_scope(user: str, server: str) -> str:
    """The scope that only the tokens of this server have."""
    return f"{VAULT_TOKEN_SCOPE}!server={user}/{server}"


def configure_services(c: Any, settings: Settings, environ: Mapping[str, str]) -> None:
    """The services that run outside of the hub, with the tokens the environment brings.

    Raises:
        SettingsError: a token is not in the environment.
    """
    for service in settings.services:
        if service.token_variable is not None:
            _add_service(c, service.name, _token(environ, service.token_variable), service.scopes)


def configure_vault_scope(c: Any) -> None:
    """The right to ask for a Vault token: each server for itself, which its user must have too."""
    description = "Get a Vault token for one's own running server"
    c.JupyterHub.custom_scopes.update({VAULT_TOKEN_SCOPE: {"description": description}})
    _extended(c.Spawner, "server_token_scopes", _SERVER_SCOPES, [f"{VAULT_TOKEN_SCOPE}!server"])
    _role(c, "user", start=["self"])["scopes"].append(f"{VAULT_TOKEN_SCOPE}!user")


def _add_service(c: Any, name: str, token: str, scopes: Iterable[str]) -> None:
    _extended(c.JupyterHub, "services", [], [{"name": name, "api_token": token}])
    role = _role(c, f"{name}-role", start=[])
    role["scopes"].extend(scopes)
    role["services"] = [*role.get("services", []), name]


def _role(c: Any, name: str, start: list[str]) -> dict[str, Any]:
    """The configured role of that name, a new one if there is none."""
    roles = _extended(c.JupyterHub, "load_roles", [], [])
    for role in roles:
        if role["name"] == name:
            return role
    roles.append({"name": name, "scopes": [*start]})
    return roles[-1]


def configured_list(section: Any, trait: str, start: Iterable[Any] = ()) -> list[Any]:
    """What is configured; `start` when nothing is."""
    present = section.get(trait, start)
    if isinstance(present, LazyConfigValue):  # somebody appended to a list that nobody had set
        present = present.get_value(list(start))
    return list(present)


def _extended(section: Any, trait: str, start: list[Any], items: list[Any]) -> list[dict[str, Any]]:
    section[trait] = [*configured_list(section, trait, start), *items]
    return section[trait]  # type: ignore[no-any-return]


def _token(environ: Mapping[str, str], variable: str) -> str:
    if not environ.get(variable):
        raise SettingsError(f"{variable} is not in the hub's environment; `inv install` makes the token")
    return environ[variable]
