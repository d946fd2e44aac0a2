"""The hub's services and who may do what: added to what is configured already, never in its place."""

from collections.abc import Iterable, Mapping
from typing import Any

from traitlets.config.loader import LazyConfigValue

from hub.settings import Page, Settings, SettingsError

VAULT_TOKEN_SCOPE = "custom:vault:token"  # noqa: S105 - a scope's name
ADMIN_SERVICE = "admin-service"
MCP_SERVICE = "mcp"
PAGE_SERVICE = "secrets"
PAGE_CLIENT = f"service-{PAGE_SERVICE}"
"""How JupyterHub calls a service's OAuth client (jupyterhub/services/service.py)."""
PAGE_SCOPE = "custom:vault:page"
_SERVER_SCOPES = ["users:activity!user", "access:servers!server"]
"""What JupyterHub gives a server when nothing is configured."""


def page_scope(user: str) -> str:
    """The scope of a user's sign-in at the page for secrets."""
    return f"{PAGE_SCOPE}!user={user}"


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


def configure_page(c: Any, page: Page, environ: Mapping[str, str]) -> None:
    """The page for one's own secrets: a service where users sign in with a right that opens nothing else.

    Raises:
        SettingsError: its token is not in the environment.
    """
    c.JupyterHub.custom_scopes.update({PAGE_SCOPE: {"description": "See and change one's own secrets on their page"}})
    scopes = [f"{PAGE_SCOPE}!user", f"access:services!service={PAGE_SERVICE}"]
    service: dict[str, Any] = {
        "name": PAGE_SERVICE,
        "url": page.url,
        "display": False,
        "oauth_no_confirm": True,
        "oauth_client_allowed_scopes": scopes,
    }
    if page.token_variable is not None:
        service["api_token"] = _token(environ, page.token_variable)
    else:
        service |= {"command": list(page.command), "environment": dict(page.environment)}
    _extended(c.JupyterHub, "services", [], [service])
    # A sign-in has no right that its user lacks.
    _role(c, "user", start=["self"])["scopes"].extend(scopes)


def add_helper(c: Any, name: str, url: str, command: Iterable[str], environment: Mapping[str, str]) -> None:
    """A service that the hub runs itself, and that may do nothing of its own."""
    service = {"name": name, "url": url, "display": False, "command": [*command], "environment": dict(environment)}
    _extended(c.JupyterHub, "services", [], [service])


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
