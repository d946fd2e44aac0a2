"""The hub's configuration from the stack's settings: each function sets traits of one matter, no more.

What is configured already stays: on a cluster that is the site's own word, from `chart_values`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub import servicetoken, usage, users
from hub.authenticator import Route, authenticator_class, with_api
from hub.hooks import as_hook
from hub.mcpapi import mcp_route
from hub.ratelimit import RateLimit
from hub.revocation import Revoker
from hub.roles import MCP_SERVICE, PAGE_SERVICE, add_helper, configure_page, configure_services, configure_vault_scope
from hub.settings import Settings
from hub.spawnsecrets import Put, SecretsAtSpawn, put_plainly
from hub.turns import Turns
from hub.vaultapi import VaultApi
from hub.vaulttoken import VaultTokenHandler
from hub.watching import request_ended

_LOG_LEVELS = {"debug": "DEBUG", "info": "INFO", "warning": "WARN", "error": "ERROR"}
_TOKENS_AT_ONCE, _TOKEN_EVERY_SECONDS = 120, 1.0
"""For one server: every process of a big pool may ask at the same time, but nobody may ask on and on."""


def configure(
    c: Any,
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    vault: VaultApi | None = None,
    own_routes: Sequence[Route] = (),
    put: Put = put_plainly,
) -> None:
    """Set what holds on every target.

    Args:
        vault: what `vault_api` has made; None without Vault.
        own_routes: further handlers, of the target.
        put: how a server's environment gets a token that is delivered with it.

    Raises:
        SettingsError: a service's token is not in the environment.
    """
    configure_hub(c, settings)
    configure_security(c)
    configure_services(c, settings, environ)
    routes: list[Route] = [*servicetoken.ROUTES, *usage.ROUTES, *own_routes]
    revoker = configure_vault(c, settings, vault, routes, put, environ)
    configure_mcp(c, settings, routes)
    configure_login(c, settings, routes, revoker)


def configure_hub(c: Any, settings: Settings) -> None:
    """Title, log, named servers."""
    c.JupyterHub.setdefault("log_level", _LOG_LEVELS[settings.log_level])
    # Before JupyterHub's own, which would else be found first.
    c.JupyterHub.template_paths.insert(0, str(Path(__file__).parent / "templates"))
    c.JupyterHub.template_vars.update({"stack_title": settings.title})
    c.JupyterHub.setdefault("allow_named_servers", True)
    if settings.logo_file is not None:
        c.JupyterHub.setdefault("logo_file", settings.logo_file)


def configure_security(c: Any) -> None:
    """What browsers and collectors of metrics may do, and what is noted of each request."""
    c.JupyterHub.setdefault("authenticate_prometheus", True)
    c.JupyterHub.tornado_settings.update(
        {
            "headers": {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"},
            "cookie_options": {"samesite": "Lax"},
            "log_function": request_ended,
        }
    )


def notebook_environment(settings: Settings, profile: Mapping[str, str]) -> dict[str, str]:
    """The variables of a notebook server: the site's, then its profile's, then the stack's own, which win."""
    own = {
        "BUUNSTACK_LOG_LEVEL": settings.notebook.log_level,
        # Said also when it is off: an image or a profile may have another opinion.
        "JUPYTERHUB_ALLOW_TOKEN_IN_URL": "1" if settings.notebook.allow_token_in_url else "0",
    }
    if settings.vault is not None:
        own["VAULT_ADDR"] = settings.vault.address
        if settings.vault.ca_file is not None:
            own["VAULT_CACERT"] = settings.vault.ca_file
        if settings.vault.namespace is not None:
            own["VAULT_NAMESPACE"] = settings.vault.namespace
    return {**settings.notebook.environment, **profile, **own}


def vault_api(settings: Settings) -> VaultApi | None:
    """The hub's one client of Vault, with one login for all who use it; None without Vault."""
    return None if settings.vault is None else VaultApi(settings.vault, settings.stack)


def configure_vault(
    c: Any,
    settings: Settings,
    vault: VaultApi | None,
    routes: list[Route],
    put: Put = put_plainly,
    environ: Mapping[str, str] = os.environ,
) -> Revoker | None:
    """The way to a Vault token, and back; adds its route. Without Vault there is neither."""
    if settings.vault is None or vault is None:
        return None
    revoker = Revoker(vault)
    parts = {
        "settings": settings.vault,
        "vault": vault,
        "limit": RateLimit(_TOKENS_AT_ONCE, _TOKEN_EVERY_SECONDS),
        "turns": Turns(),
        "spare": revoker.spare,
    }
    routes.append((r"/api/vault-token", VaultTokenHandler, parts))
    configure_vault_scope(c)
    if settings.page is not None:
        configure_page(c, settings.page, environ)
        c.JupyterHub.template_vars.update({"secrets_page": f"/services/{PAGE_SERVICE}/"})
    c.Spawner.post_stop_hook = as_hook(revoker.server_stopped)
    if settings.vault.delivery == "env" or settings.vault.required:
        c.Spawner.pre_spawn_hook = as_hook(SecretsAtSpawn(settings.vault, vault, put).prepare)
    return revoker


def configure_mcp(c: Any, settings: Settings, routes: list[Route]) -> None:
    """The one MCP endpoint for all users, and its question to the hub; adds its route."""
    if settings.mcp is None:
        return
    routes.append(mcp_route())
    if settings.mcp.command:
        add_helper(c, MCP_SERVICE, settings.mcp.url, settings.mcp.command, settings.mcp.environment)
    else:
        # Somebody else runs it, and it needs no token of its own: to the hub it is a place to send requests to.
        c.Proxy.extra_routes = {**c.Proxy.get("extra_routes", {}), f"/services/{MCP_SERVICE}/": settings.mcp.url}


def configure_login(c: Any, settings: Settings, routes: list[Route], revoker: Revoker | None) -> None:
    """Who may sign in, and with what."""
    auth = settings.auth
    if auth.kind == "native":
        routes = [*routes, *users.ROUTES]
        _configure_native(c, settings)
    if settings.provider is not None:
        from hub.oidc import bindingsapi
        from hub.oidc.config import configure_provider  # shipped only where that is the login

        routes = [*routes, *bindingsapi.ROUTES]
        configure_provider(c, settings, settings.provider)
    login = authenticator_class(auth.kind)
    c.JupyterHub.authenticator_class = with_api(login, routes, revoker, auth.username_pattern)
    c.Authenticator.setdefault("admin_users", set(auth.admin_users))
    c.Authenticator.setdefault("allowed_users", set(auth.allowed_users))
    c.Authenticator.setdefault("allow_all", auth.allow_all or (auth.kind == "native" and auth.open_signup))


def _configure_native(c: Any, settings: Settings) -> None:
    # Whoever has an account was let in by `inv user.add`, or by an open sign-up.
    c.Authenticator.setdefault("allow_existing_users", True)
    c.NativeAuthenticator.setdefault("enable_signup", settings.auth.open_signup)
    c.NativeAuthenticator.setdefault("open_signup", settings.auth.open_signup)
    c.NativeAuthenticator.setdefault("minimum_password_length", settings.auth.minimum_password_length)
