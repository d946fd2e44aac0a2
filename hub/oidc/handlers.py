"""The pages of a sign-in with a provider: begin, come back, sign out, and hear that somebody has signed out."""

import json
from typing import Any
from urllib.parse import urlencode

from jupyterhub.handlers import BaseHandler
from jupyterhub.handlers.login import LoginHandler as HubLoginHandler
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler, OAuthLogoutHandler
from tornado import web

from hub.oidc.backchannel import NoLogout
from hub.oidc.binding import Bindings
from hub.oidc.errors import (
    ProviderError,
    away_page,
    declined_page,
    stranger_page,
    unfinished_page,
)
from hub.oidc.session import Session

_ENDED = "stack-session-ended"
_ENDED_SECONDS = 120
_WORDS = {
    "expired": "Your session has ended. Sign in again; your servers and files are as you left them.",
    "not-allowed": "Your account may not use this platform any more, or its groups have changed. Sign in to see why.",
    "away": "Your session has ended: the sign-in service was away for too long. Try again later.",
}
"""Why a session has ended -> what the sign-in page says."""


def tell_ended(handler: Any, why: str) -> bool:
    """Let the sign-in page, to which this browser is sent, say why. Always False, as JupyterHub is told it."""
    if isinstance(handler, BaseHandler) and not handler.get_auth_token():
        options = {"max_age": _ENDED_SECONDS, "path": handler.hub.base_url, "httponly": True, "samesite": "Lax"}
        handler.set_cookie(_ENDED, why, secure=handler.request.protocol == "https", **options)
    return False


class SignInHandler(HubLoginHandler):  # type: ignore[misc]
    """The sign-in page."""

    def _render(self, *args: Any, **kwargs: Any) -> Any:
        notice = _WORDS.get(self.get_cookie(_ENDED, ""), "")
        if notice:
            self.clear_cookie(_ENDED, path=self.hub.base_url)
        return super()._render(*args, **kwargs, sign_in_notice=notice)


class LoginHandler(OAuthLoginHandler):  # type: ignore[misc]
    """Sends the browser to the provider."""

    async def get(self) -> None:
        """Called by tornado."""
        try:
            there = await self.authenticator.provider.awake()
        except ProviderError as error:
            self.log.error("%s", error)
            raise away_page(self.authenticator.login_service) from None
        self.authenticator.authorize_url = there.authorize
        super().get()


class CallbackHandler(OAuthCallbackHandler):  # type: ignore[misc]
    """Takes the browser back from the provider."""

    signed_in_as = ""
    """The account's name, once the provider has told it."""

    async def login_user(self, data: Any = None) -> Any:
        """The hub's user; whoever may not come in sees which group to ask for."""
        user = await super().login_user(data)
        if user is None:
            known = self.authenticator
            raise stranger_page(self.signed_in_as, known.title, sorted(known.allowed_groups))
        return user

    def check_error(self) -> None:
        """The provider's own words may be anybody's, as they come with the address: they are logged alone."""
        if error := self.get_argument("error", ""):
            self.log.warning("The provider ended a sign-in: %r", error[:80])
            raise declined_page(self.authenticator.login_service)

    def check_state(self) -> None:
        """Whether this browser began the sign-in."""
        try:
            super().check_state()
        except web.HTTPError as error:
            self.log.warning("A sign-in came back to another browser or too late: %s", error.log_message)
            raise unfinished_page() from None


class LogoutHandler(OAuthLogoutHandler):  # type: ignore[misc]
    """Signs out, here and at the provider."""

    _end_session = ""

    async def handle_logout(self) -> None:
        """Called by JupyterHub."""
        await super().handle_logout()
        user, login = self.current_user, self.authenticator
        if user is None:
            return
        kept = await login.end_session(user)
        if kept is not None and login.single_logout and not login.ends_by_form:
            self._end_session = await self._provider_page(kept)

    async def render_logout_page(self) -> None:
        """To the provider where only the browser can sign out there, else where a sign-out leads."""
        if self._end_session:
            self.redirect(self._end_session)
        else:
            await super().render_logout_page()

    async def _provider_page(self, kept: Session) -> str:
        try:
            there = await self.authenticator.provider.endpoints()
        except ProviderError as error:
            self.log.warning("The provider's session of %s was not ended: %s", kept.name, error)
            return ""
        if there.end_session is None:
            return ""
        back = self.authenticator.logout_redirect_url or self.request.full_url().replace("/logout", "/login")
        said = {"client_id": self.authenticator.client_id, "post_logout_redirect_uri": back}
        return f"{there.end_session}?{urlencode(said | ({'id_token_hint': kept.id_token} if kept.id_token else {}))}"


class SignOutWordHandler(BaseHandler):  # type: ignore[misc]
    """The provider's own word that somebody has signed out, at `/hub/backchannel-logout`."""

    def check_xsrf_cookie(self) -> None:
        """No browser comes here: the signature of the token is what counts."""

    async def post(self) -> None:
        """Called by tornado."""
        self.set_header("Cache-Control", "no-store")
        provider = self.authenticator.provider
        try:
            who = await self.authenticator.logout_tokens.verified(self.get_body_argument("logout_token", ""))
        except NoLogout as error:
            self.log.warning("Somebody sent a logout token that does not count: %s", error)
            self._refuse(400)
            return
        except ProviderError as error:
            self.log.error("A logout token could not be verified: %s", error)
            self._refuse(503)
            return
        for name in Bindings(self.db).names_of(provider.issuer, who.subject, who.sid):
            if (user := self.find_user(name)) is not None:
                await self.authenticator.ended_elsewhere(user)
                self.log.info("%s has signed out at the provider", name)
        self.set_status(200)

    def _refuse(self, status: int) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": "invalid_request" if status < 500 else "temporarily_unavailable"}))
