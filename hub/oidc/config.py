"""The configuration of a login with a provider: traits of `ProviderLogin` and of JupyterHub's sessions."""

from typing import Any

from hub.oidc.provider import Provider as Connection
from hub.oidc.secret import ClientSecret
from hub.settings import Provider, Settings

_DAY_SECONDS = 86_400


def configure_provider(c: Any, settings: Settings, provider: Provider) -> None:
    """Who is asked, as whom, how often, and who may come in."""
    login = c.ProviderLogin
    login.provider = Connection(
        provider.issuer,
        provider.internal_url,
        provider.ca_file,
        provider.client_id,
        ClientSecret(provider.secret_file),
    )
    login.setdefault("title", settings.title)
    login.setdefault("login_service", provider.name)
    login.setdefault("client_id", provider.client_id)
    login.setdefault("oauth_callback_url", f"{provider.public_url}hub/oauth_callback")
    login.setdefault("scope", list(provider.scopes))
    login.setdefault("username_claim", provider.username_claim)
    login.setdefault("groups_claim", provider.groups_claim)
    login.setdefault("manage_groups", provider.groups_claim is not None)
    login.setdefault("admin_groups", set(provider.admin_groups))
    login.setdefault("allowed_groups", set(provider.allowed_groups))
    login.setdefault("outage_grace_seconds", float(provider.outage_grace_seconds))
    login.setdefault("single_logout", provider.single_logout)
    login.setdefault("ends_by_form", provider.ends_by_form)
    login.setdefault("logout_redirect_url", provider.logout_url or f"{provider.public_url}hub/login")
    login.setdefault("enable_auth_state", True)
    login.setdefault("auth_refresh_age", provider.refresh_seconds)
    login.setdefault("refresh_pre_spawn", False)  # ProviderLogin asks itself
    if provider.session_max_seconds is not None:
        login.setdefault("longest_session_seconds", float(provider.session_max_seconds))
        c.JupyterHub.setdefault("cookie_max_age_days", provider.session_max_seconds / _DAY_SECONDS)
