"""Sign-in with a provider: oauthenticator's generic class, held to what the stack declares.

What the base leaves open and is closed here (each was seen with oauthenticator 17.4.0 and a real Keycloak): parallel
refreshes that use one refresh token twice and lose the session, nobody asking again whether a user is still allowed,
everybody thrown out within minutes when the provider is away, a freed user name that inherits a home, bare 500 pages,
and a sign-out after which the next click signs in again.
"""

import asyncio
import time
from typing import Any
from weakref import WeakValueDictionary

from jupyterhub import orm
from oauthenticator.generic import GenericOAuthenticator
from traitlets import Bool, Float, Instance, Unicode

from hub.managing import is_operator
from hub.oidc.backchannel import LogoutTokens
from hub.oidc.binding import Bindings, make_table
from hub.oidc.errors import (
    NOT_STARTED,
    ProviderAway,
    ProviderError,
    ProviderRefused,
    SecretRefused,
    away_page,
    declined_page,
    recycled_page,
    secret_page,
    unusable_name_page,
)
from hub.oidc.handlers import (
    CallbackHandler,
    LoginHandler,
    LogoutHandler,
    SignInHandler,
    SignOutWordHandler,
    tell_ended,
)
from hub.oidc.provider import Provider, claims_in
from hub.oidc.requesters import is_server
from hub.oidc.session import Session, groups_in, servers_go_on
from hub.refusal import NotStarted, leave_uncounted

_SPAWN_SECONDS = 3.0
"""What the provider said this little while ago need not be asked again before a server starts."""
_LIFE_SECONDS = 300.0
"""Of an access token whose life the provider does not tell."""


class ProviderLogin(GenericOAuthenticator):  # type: ignore[misc]
    """Users of one provider. Its sign-ins are kept as `hub.oidc.session.Session`."""

    login_handler = LoginHandler
    callback_handler = CallbackHandler
    logout_handler = LogoutHandler

    provider = Instance(Provider, config=True, help="What talks to the provider")
    title = Unicode("JupyterHub", config=True, help="The platform's name")
    groups_claim = Unicode("groups", allow_none=True, config=True, help="The claim that lists groups")
    longest_session_seconds = Float(86_400, config=True, help="How long servers go on after their user's sign-out")
    outage_grace_seconds = Float(3600, config=True, help="How long sessions go on while the provider is away")
    single_logout = Bool(True, config=True, help="Whether a sign-out ends the provider's session too")
    ends_by_form = Bool(True, config=True, help="Whether the hub itself can end the provider's session, as in Keycloak")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Called by JupyterHub."""
        super().__init__(*args, **kwargs)
        self.logout_tokens = LogoutTokens(self.provider)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def get_handlers(self, app: Any) -> list[Any]:
        """The base's, and the pages of the stack."""
        make_table(app.db)
        return [*super().get_handlers(app), ("/login", SignInHandler), ("/backchannel-logout", SignOutWordHandler)]

    async def get_token_info(self, _handler: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Tokens for a code. The base's parameters name the client; how it proves itself is the provider's matter."""
        left_out = ("client_id", "client_secret", "data")
        grant = {key: value for key, value in params.items() if key not in left_out}
        found: dict[str, Any] = await self.provider.tokens(grant)
        return found

    async def token_to_user(self, token_info: dict[str, Any]) -> dict[str, Any]:
        """What the provider says of the tokens' owner, who must be the one of the identity token."""
        person: dict[str, Any] = await self.provider.person(token_info["access_token"])
        if "id_token" in token_info and claims_in(token_info["id_token"]).get("sub") != person["sub"]:
            raise ProviderRefused("the tokens are of two accounts")
        return person

    def user_info_to_username(self, user_info: dict[str, Any]) -> str:
        """The name, without a word about the account's other fields in the log."""
        name = user_info.get(self.username_claim)
        if not isinstance(name, str) or not name:
            raise ProviderRefused(f"it tells no {self.username_claim}; are the scopes right?")
        return name

    def build_auth_state_dict(self, token_info: dict[str, Any], user_info: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the sign-in."""
        life = token_info.get("expires_in")
        id_token = token_info.get("id_token")
        return Session(
            issuer=self.provider.issuer,
            subject=str(user_info["sub"]),
            name=self.normalize_username(self.user_info_to_username(user_info)),
            groups=groups_in(user_info, self.groups_claim),
            access_token=token_info["access_token"],
            access_ends=time.time() + (float(life) if isinstance(life, int | float) else _LIFE_SECONDS),
            refresh_token=token_info.get("refresh_token"),
            # Only a browser that ends the session itself needs it.
            id_token=None if self.ends_by_form else id_token,
            sid=str(
                (claims_in(id_token) if id_token else token_info).get("sid") or token_info.get("session_state") or ""
            ),
            checked=time.time(),
        ).auth_state()

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        """The groups of a sign-in."""
        kept = Session.kept(auth_state)
        return set(kept.groups) if kept else set()

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Whoever is no administrator by declaration is none, whatever was clicked before."""
        auth_model["admin"] = bool(auth_model["admin"])
        return auth_model

    async def authenticate(self, handler: Any, data: Any = None, **kwargs: Any) -> Any:
        """The account behind a sign-in; every fault has its page."""
        try:
            model = await super().authenticate(handler, data, **kwargs)
        except SecretRefused as error:
            self.log.error("%s", error)
            raise secret_page(self.login_service) from None
        except ProviderAway as error:
            self.log.error("%s", error)
            raise away_page(self.login_service) from None
        except ProviderError as error:
            self.log.warning("%s refused a sign-in: %s", self.login_service, error)
            raise declined_page(self.login_service) from None
        if not self.validate_username(model["name"]):
            self.log.warning("The name %r cannot be a user's here", model["name"])
            raise unusable_name_page()
        handler.signed_in_as = model["name"]
        return model

    async def run_post_auth_hook(self, handler: Any, auth_model: dict[str, Any]) -> Any:
        """After it is clear that the user may come in: the name must be this account's."""
        model = await super().run_post_auth_hook(handler, auth_model)
        kept = Session.kept(model["auth_state"])
        if kept is None or not Bindings(handler.db).bind(model["name"], kept.issuer, kept.subject, kept.sid):
            self.log.error("AUTH140 the name %s belongs to another account", model["name"])
            raise recycled_page(model["name"])
        user = handler.find_user(model["name"])
        model["auth_state"] = kept.after(Session.kept(await user.get_auth_state()) if user else None).auth_state()
        return model

    async def refresh_user(self, user: Any, handler: Any = None, **_: Any) -> Any:
        """Whether a signed-in user still may be here: True, False, or what has changed."""
        found = await self._look(user, 0.0)
        if isinstance(found, dict) or found is True:
            return found
        if is_server(handler) and servers_go_on(await user.get_auth_state(), time.time()):
            # For this request alone: JupyterHub would take the answer for every other one of the user too.
            asyncio.get_running_loop().call_soon(setattr, user, "_auth_refreshed", None)
            return True
        return tell_ended(handler, found)

    async def pre_spawn_start(self, user: Any, spawner: Any) -> None:
        """Before a server starts the provider is asked, whatever it said minutes ago.

        JupyterHub's own refresh before a start is none where the request has looked at the session already.

        Raises:
            NotStarted: the user may not have a server now.
        """
        if is_operator(getattr(spawner.handler, "current_user", None)) and not Bindings(user.db).is_bound(user.name):
            return  # a user whom nobody has ever signed in as, such as the one of an install's proof
        found = await self._look(user, _SPAWN_SECONDS)
        if isinstance(found, dict):
            user.sync_groups(found["groups"] if self.manage_groups else [])
            user.admin = found["admin"]
            user.db.commit()
        elif found is not True:
            leave_uncounted(spawner)
            raise NotStarted(403, NOT_STARTED[found].format(user=user.name))

    async def _look(self, user: Any, good_for: float) -> Any:
        """True, what has changed, or in a word why the user may not be here.

        One after the other for each user, since a refresh token may be good for one use.

        Args:
            good_for: with what the provider said in so many seconds before; 0 for as long as its token lasts.
        """
        async with self._turn(user.name):
            state = await user.get_auth_state()
            kept = Session.kept(state) or Session.of_base(state, self.provider.issuer, user.name)
            if kept is None:
                return "expired"
            try:
                return await self._looked_at(user, kept, good_for)
            except ProviderAway as error:
                return self._in_outage(kept, error)
            except ProviderRefused as error:
                self.log.info("The provider's session of %s has ended: %s", user.name, error)
                return "expired"

    def _turn(self, name: str) -> asyncio.Lock:
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = asyncio.Lock()
        return turn

    async def _looked_at(self, user: Any, kept: Session, good_for: float) -> Any:
        now = time.time()
        fresh = kept.lasts(now) and (not good_for or now - kept.checked < good_for)
        model = await (self._kept_model(kept) if fresh else self._asked_model(kept, now))
        found = Session.kept(model["auth_state"])
        if found is None or (model["name"], found.subject, found.issuer) != (user.name, kept.subject, kept.issuer):
            self.log.warning("%s is somebody else at the provider now", user.name)
            return "expired"
        if not Bindings(user.db).admits(user.name, found.issuer, found.subject):
            self.log.warning("AUTH140 the name %s belongs to another account now", user.name)
            return "expired"
        if not await self.check_allowed(model["name"], model):
            self.log.warning("%s may not come in any more", user.name)
            return "not-allowed"
        if fresh:
            return True
        if not kept.checked:  # a sign-in of the hub before this one: the name is its account's from now on
            Bindings(user.db).bind(user.name, found.issuer, found.subject, found.sid)
        # Here, and not by JupyterHub afterwards: the next in the queue must not use the former refresh token.
        model["auth_state"] = found.after(kept).auth_state()
        await user.save_auth_state(model["auth_state"])
        return model

    async def _kept_model(self, kept: Session) -> dict[str, Any]:
        """The user as the provider described them last: its token still holds."""
        model = {"name": kept.name, "admin": kept.name in self.admin_users, "auth_state": kept.auth_state()}
        return dict(await self._apply_managed_groups(model))

    async def _asked_model(self, kept: Session, now: float) -> dict[str, Any]:
        """The user as the provider describes them now, with other tokens where the kept ones have ended."""
        if kept.lasts(now):
            tokens = {
                "access_token": kept.access_token,
                "expires_in": kept.access_ends - now,
                "refresh_token": kept.refresh_token,
                **({"id_token": kept.id_token} if kept.id_token else {}),
                "sid": kept.sid,
            }
            try:
                return dict(await self._token_to_auth_model(tokens))
            except ProviderRefused:
                pass  # it was taken back before its time
        if kept.refresh_token is None:
            raise ProviderRefused("there is no refresh token")
        tokens = await self.provider.tokens({"grant_type": "refresh_token", "refresh_token": kept.refresh_token})
        return dict(await self._token_to_auth_model({"refresh_token": kept.refresh_token, "sid": kept.sid, **tokens}))

    def _in_outage(self, kept: Session, error: ProviderAway) -> bool | str:
        left = self.outage_grace_seconds - (time.time() - kept.checked)
        if left <= 0:
            self.log.warning("%s has to sign in: the provider is away for too long (%s)", kept.name, error)
            return "away"
        self.log.warning("%s stays for %d s at most without a word of the provider: %s", kept.name, left, error)
        return True

    async def end_session(self, user: Any) -> Session | None:
        """The user signs out here: the provider's sessions of each browser end too, where that is declared.

        What is ended; None where nobody was signed in.
        """
        kept = Session.kept(await user.get_auth_state())
        if kept is None:
            return None
        for token in kept.refresh_tokens() if self.single_logout and self.ends_by_form else []:
            try:
                await self.provider.end_session(token)
            except ProviderError as error:
                self.log.warning("A session of %s at the provider was not ended: %s", user.name, error)
        await user.save_auth_state(kept.signed_out(self.longest_session_seconds))
        self._end_browsers(user)
        return kept

    async def ended_elsewhere(self, user: Any) -> None:
        """The provider says that the user has signed out: every session here ends, and servers get nothing more."""
        await user.save_auth_state(None)
        self._end_browsers(user)

    def _end_browsers(self, user: Any) -> None:
        user.orm_user.cookie_id = orm.new_token()
        for token in list(user.orm_user.api_tokens):
            if token.session_id:  # of a browser, at a server or a service
                user.db.delete(token)
        user._auth_refreshed = None
        user.db.commit()
