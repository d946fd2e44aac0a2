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
    login.title = settings.title
    login.login_service = provider.name
    login.client_id = provider.client_id
    login.oauth_callback_url = f"{provider.public_url}hub/oauth_callback"
    login.scope = list(provider.scopes)
    login.username_claim = provider.username_claim
    login.groups_claim = provider.groups_claim
    login.manage_groups = provider.groups_claim is not None
    login.setdefault("admin_groups", set(provider.admin_groups))
    login.setdefault("allowed_groups", set(provider.allowed_groups))
    login.outage_grace_seconds = float(provider.outage_grace_seconds)
    login.single_logout = provider.single_logout
    login.ends_by_form = provider.ends_by_form
    login.logout_redirect_url = provider.logout_url or f"{provider.public_url}hub/login"
    login.enable_auth_state = True
    login.auth_refresh_age = provider.refresh_seconds
    login.refresh_pre_spawn = False  # ProviderLogin asks itself
    if provider.session_max_seconds is not None:
        c.JupyterHub.setdefault("cookie_max_age_days", provider.session_max_seconds / _DAY_SECONDS)
