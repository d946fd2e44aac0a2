"""What the renewer answers over HTTP: whether it works, whether there is a token, and its numbers."""

import json
from typing import TYPE_CHECKING, Any

from tornado import web

if TYPE_CHECKING:
    from hub.renewer.keeper import Keeper


class Health(web.RequestHandler):
    """`/healthz`: 200 while the process works; a Vault that is down is no reason to restart it."""

    def initialize(self, keeper: "Keeper") -> None:
        """Called by tornado, with what the route gives."""
        self._keeper = keeper

    def get(self) -> None:
        """Answer in JSON."""
        self.finish(json.dumps({"state": self._keeper.state}))


class Ready(Health):
    """`/readyz`: 200 while the hub has a living token, else 503 with the reason."""

    def get(self) -> None:
        """Answer in JSON."""
        if not self._keeper.has_token:
            self.set_status(503)
        super().get()


class Numbers(Health):
    """`/metrics`."""

    def get(self) -> None:
        """Answer in Prometheus' form."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self._keeper.metrics.text())


def application(keeper: "Keeper") -> web.Application:
    """All of them."""
    parts: dict[str, Any] = {"keeper": keeper}
    routes = [("/healthz", Health, parts), ("/readyz", Ready, parts), ("/metrics", Numbers, parts)]
    return web.Application(routes, log_function=lambda _: None)
