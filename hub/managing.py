"""Who may manage the stack through the hub's own API: the base of its handlers, and the operator."""

from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from hub.roles import ADMIN_SERVICE


class ManagingHandler(APIHandler):  # type: ignore[misc]
    """Every method needs the right to manage all users."""

    async def prepare(self) -> None:
        """Called by tornado before each method."""
        await super().prepare()
        if "admin:users" not in self.expanded_scopes:
            raise web.HTTPError(403, "This needs the scope admin:users for all users.")


def is_operator(asking: Any) -> bool:
    """Whether the one who asks is the service with which `inv` acts."""
    return (getattr(asking, "kind", ""), getattr(asking, "name", "")) == ("service", ADMIN_SERVICE)
