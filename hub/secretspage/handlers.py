"""What the page answers: lists, one secret, its history, and every change by a form."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated, UserNotAllowed
from tornado import web
from tornado.log import app_log

from hub.secretspage.access import Access, SignInAgain
from hub.secretspage.keys import field_fault, key_fault
from hub.secretspage.store import Changed, NotThere, Secret, Store, text_of
from hub.vaulterrors import DOWN, VaultDown, VaultError

_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_CHANGED = "Somebody has changed this secret meanwhile, so nothing was written. Here is how it is now."
_NOT_THERE = "There is no such secret, or it is deleted; its history may have older versions."
_REFUSED = "Vault refuses this. An administrator finds the reason in the hub's log."

Work = Callable[[Store], Awaitable[None]]


class Page(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]
    """A page of a signed-in user."""

    def initialize(self, access: Access, title: str) -> None:
        """Called by tornado, with what the route gives."""
        self._access, self._title = access, title

    def set_default_headers(self) -> None:
        """Nothing of a page is kept, framed, or taken from elsewhere."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")

    def get_current_user(self) -> None:
        """Nobody before `prepare` has asked: HubOAuth's own would wait for the hub here, and everybody with it."""

    async def prepare(self) -> None:
        """Sign in, without blocking the others; only with a browser's cookie, not with a token of a program."""
        if "Authorization" in self.request.headers:
            raise web.HTTPError(403)
        model = await self.hub_auth.get_user(self, sync=False)
        try:
            self.current_user = None if model is None else self.check_hub_user(model)
        except UserNotAllowed:
            raise web.HTTPError(403) from None
        if self.current_user is None and self.request.method == "GET":
            self.redirect(self.get_login_url())
        elif self.current_user is None:
            raise web.HTTPError(403)

    async def work(self, work: Work) -> None:
        """Do it with the user's own secrets; what goes wrong becomes a page."""
        try:
            async with self._access.store(self.hub_auth.get_token(self)) as store:
                await work(store)
        except SignInAgain:
            self.hub_auth.clear_cookie(self)
            self.problem(403, "Your sign-in has ended, or your account may not have secrets. Open the page again.")
        except VaultDown as error:
            self.note(error)
            self.problem(503, DOWN)
        except VaultError as error:
            self.note(error)
            self.problem(502, _REFUSED)
        except NotThere:
            self.problem(404, _NOT_THERE)

    def get_template_namespace(self) -> dict[str, Any]:
        """What every template may use."""
        found: dict[str, Any] = super().get_template_namespace()
        user = self.current_user["name"]
        own = {"title": self._title, "user": user, "at": self.at, "notice": "", "text_of": text_of}
        return {**found, **own, "form_token": self.xsrf_form_html, "home": f"{self.hub_auth.hub_prefix}home"}

    def show(self, template: str, **content: Any) -> None:
        """Finish with a page."""
        self.finish(self.render_string(template, **content))

    def problem(self, status: int, sentence: str) -> None:
        """Finish with a sentence."""
        self.set_status(status)
        self.show("problem.html", sentence=sentence)

    def at(self, path: str = "", **query: Any) -> str:
        """The address of one of these pages."""
        return f"{self.hub_auth.base_url}{path}" + (f"?{urlencode(query)}" if query else "")

    def key(self) -> str:
        """The secret that is asked for.

        Raises:
            HTTPError: 400, no secret can have this name.
        """
        key = self.get_argument("key", "", strip=False)
        if fault := key_fault(key):
            raise web.HTTPError(400, reason=fault)
        return key

    def number(self, name: str) -> int:
        """A version.

        Raises:
            HTTPError: 400, it is no number.
        """
        text = self.get_argument(name, "0")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise web.HTTPError(400, reason="A version is a number.")
        return int(text)

    def write_error(self, status_code: int, **_: Any) -> None:
        """A page also for what tornado itself refuses."""
        if not isinstance(self._current_user, dict):
            self.finish(f"{status_code}: sign in first")
            return
        sentences = {403: "This request did not come from the page itself, so nothing was done."}
        self.show("problem.html", sentence=sentences.get(status_code, f"{self._reason}"))

    def note(self, error: VaultError) -> None:
        """For the administrator; it holds no value."""
        app_log.error("vault: %s", error)


class List(Page):
    """The secrets of a folder."""

    async def get(self) -> None:
        """Names, and no value."""
        folder, shared = self.get_argument("folder", "", strip=False), bool(self.get_argument("shared", ""))
        if folder and key_fault(folder.rstrip("/")):
            raise web.HTTPError(400, reason=key_fault(folder.rstrip("/")))

        async def work(store: Store) -> None:
            self.show("list.html", folder=folder, shared=shared, names=await store.names(folder, shared))

        await self.work(work)


class One(Page):
    """One secret: its fields, a value only where it is asked for."""

    async def get(self) -> None:
        """Names of fields."""
        key, version, shown = self.key(), self.number("version"), self.get_argument("show", "", strip=False)

        async def work(store: Store) -> None:
            self.show_secret(key, await store.secret(key, version), shown, old=bool(version))

        await self.work(work)

    def show_secret(self, key: str, secret: Secret, shown: str = "", notice: str = "", old: bool = False) -> None:
        """Finish with one secret."""
        self.show("secret.html", key=key, secret=secret, shown=shown, notice=notice, old=old)


class New(Page):
    """A new secret."""

    def get(self) -> None:
        """The form."""
        self.show("new.html", folder=self.get_argument("folder", "", strip=False), name="", field="", fault="")

    async def post(self) -> None:
        """Make it, unless there is one of that name."""
        name, field = self.get_argument("key", "", strip=False), self.get_argument("field", "", strip=False)
        fault = key_fault(name) or field_fault(field)

        async def work(store: Store) -> None:
            try:
                await store.create(name, {field: _value(self)})
            except Changed:
                self.set_status(409)
                self.show("new.html", folder="", name=name, field=field, fault="There is a secret of that name.")
                return
            self.redirect(self.at("secret", key=name))

        if fault:
            self.set_status(400)
            self.show("new.html", folder="", name=name, field=field, fault=fault)
        else:
            await self.work(work)


class Change(One):
    """A field: set, or dropped."""

    async def get(self) -> None:
        """The form, with the present value: whoever changes it has asked for it."""
        key, field = self.key(), self.get_argument("field", "", strip=False)

        async def work(store: Store) -> None:
            secret = await store.secret(key)
            value = secret.fields.get(field, "")
            self.show("field.html", key=key, field=field, value=value, version=secret.version)

        await self.work(work)

    async def post(self) -> None:
        """Write it over the version that was shown, and over no other."""
        key, over, field = self.key(), self.number("version"), self.get_argument("field", "", strip=False)
        if fault := field_fault(field):
            raise web.HTTPError(400, reason=fault)
        value = None if self.get_argument("drop", "") else _value(self)

        async def work(store: Store) -> None:
            try:
                await store.change(key, {field: value}, over)
            except Changed:
                self.set_status(409)
                self.show_secret(key, await store.secret(key), notice=_CHANGED)
                return
            self.redirect(self.at("secret", key=key))

        await self.work(work)


class History(Page):
    """The versions of a secret, and what can be done with them."""

    async def get(self) -> None:
        """Numbers and times."""
        key = self.key()

        async def work(store: Store) -> None:
            self.show("history.html", key=key, versions=await store.history(key))

        await self.work(work)

    async def post(self) -> None:
        """Bring a version back: undelete it, or make it the newest one again."""
        key, version = self.key(), self.number("version")

        async def work(store: Store) -> None:
            if self.get_argument("undelete", ""):
                await store.undelete(key, version)
            else:
                newest = max(one.number for one in await store.history(key))
                await store.create(key, (await store.secret(key, version)).fields, over=newest)
            self.redirect(self.at("history", key=key))

        await self.work(work)


class Delete(Page):
    """The end of a secret, with a way back or without."""

    async def post(self) -> None:
        """Delete the newest version, or all of them when that is confirmed."""
        key, for_good = self.key(), bool(self.get_argument("for_good", ""))
        if for_good and not self.get_argument("sure", ""):
            raise web.HTTPError(400, reason="Say that you are sure: nothing brings the secret back afterwards.")

        async def work(store: Store) -> None:
            await (store.destroy(key) if for_good else store.delete(key))
            self.redirect(self.at("") if for_good else self.at("history", key=key))

        await self.work(work)


def _value(handler: Page) -> str:
    """Exactly what was typed: a form sends each new line as two characters (HTML, form submission)."""
    return str(handler.get_argument("value", "", strip=False)).replace("\r\n", "\n")


def routes(prefix: str, access: Access, title: str) -> list[Any]:
    """All of them, below the service's own prefix."""
    parts = {"access": access, "title": title}
    pages = {"": List, "secret": One, "new": New, "field": Change, "history": History, "delete": Delete}
    return [
        *((f"{prefix}{path}", handler, parts) for path, handler in pages.items()),
        (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
    ]
