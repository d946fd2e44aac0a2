"""`/hub/api/stack/bindings` and `.../login`: whose a name is, and what the hub has of its provider, for `inv`."""

import hashlib
import json
from typing import Any

from tornado import web

from hub.managing import ManagingHandler
from hub.oidc.binding import Bindings
from hub.oidc.errors import ProviderAway

_FINGERPRINT = 8
"""Hexadecimal digits: enough to tell two secrets apart, too few to find one."""


class BindingListHandler(ManagingHandler):
    """All bound names."""

    def get(self) -> None:
        """The names; whose they are is the provider's to tell."""
        self.finish(json.dumps({"names": Bindings(self.db).names()}))


class BindingHandler(ManagingHandler):
    """One name."""

    async def delete(self, name: str) -> None:
        """Free the name, and end the sessions of whoever has it: the next who signs in with it gets it."""
        name = self.authenticator.normalize_username(name)
        if not Bindings(self.db).release(name):
            raise web.HTTPError(404, f"The name {name} is bound to no account.")
        if (user := self.find_user(name)) is not None:
            await self.authenticator.ended_elsewhere(user)
        self.set_status(204)


class LoginHandler(ManagingHandler):
    """What the hub has to prove itself with."""

    def get(self) -> None:
        """The secrets' fingerprints: enough to tell whether a new one has arrived."""
        try:
            found = self.authenticator.provider.secrets()
        except ProviderAway:
            found = []
        prints = sorted(hashlib.sha256(secret.encode()).hexdigest()[:_FINGERPRINT] for secret in found)
        self.finish(json.dumps({"secrets": prints}))


class ProviderHandler(ManagingHandler):
    """The provider as the hub sees it from where it runs."""

    async def get(self) -> None:
        """What is wrong with the way there, and when the provider last answered."""
        provider = self.authenticator.provider
        answered, fault = provider.answered, ""
        try:
            await provider.look()
        except ProviderAway as error:
            fault = str(error)
        self.finish(json.dumps({"fault": fault, "answered": answered if fault else provider.answered}))


ROUTES: list[tuple[str, type, dict[str, Any]]] = [
    (r"/api/stack/login", LoginHandler, {}),
    (r"/api/stack/login/provider", ProviderHandler, {}),
    (r"/api/stack/bindings", BindingListHandler, {}),
    (r"/api/stack/bindings/([^/]+)", BindingHandler, {}),
]
