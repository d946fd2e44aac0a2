"""`POST /hub/api/stack/mcp`: who calls the hub's MCP endpoint, and what the token allows.

The endpoint (`hub/mcpgate`) has no rights of its own: it asks here with its caller's token before each message, so that
the hub itself finds out who it is, counts, and writes the line of the audit.
"""

import json
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import has_scope
from tornado import web

from hub.ratelimit import RateLimit

CALLS_AT_ONCE, CALL_EVERY_SECONDS = 120, 0.1
"""For one token. An assistant waits for each answer before its next call; a loop that went wrong does not."""
_LONGEST = 100
"""Characters of a method's or a tool's name; what is longer is none, and fills no log."""
_NO_TOKEN = "This needs a token of the hub that is valid now: Authorization: token ..."  # noqa: S105 - a sentence
_TOO_MANY = "This token calls too often. Wait a moment, and call less."


class McpCallHandler(APIHandler):  # type: ignore[misc]
    """Answers with the caller, the caller's server, and which of the endpoint's own tools the token is good for."""

    def initialize(self, limit: RateLimit) -> None:
        """Called by tornado, with what the route gives."""
        self._limit = limit

    def post(self) -> None:
        """One message of the caller's; the body names its method, and its tool if it calls one."""
        token, caller = self.get_token(), self.current_user
        if token is None or caller is None:
            raise web.HTTPError(401, _NO_TOKEN)
        method, tool = self._named()
        if not self._limit.allows(token.api_id):
            self.log.warning("mcp: %s (token %s) calls too often", caller.name, token.api_id)
            raise web.HTTPError(429, _TOO_MANY)
        is_user = hasattr(caller, "spawners")
        kind = "user" if is_user else "service"
        self.log.info("mcp: %s %s (token %s): %s %s", kind, caller.name, token.api_id, method, tool)
        address = _address(caller) if is_user else None
        self.finish(json.dumps({"name": caller.name, "may": self._may(caller, is_user), "address": address}))

    def _named(self) -> tuple[str, str]:
        body = self.get_json_body()
        names = [body.get(key, "") if isinstance(body, dict) else None for key in ("method", "tool")]
        if not all(isinstance(name, str) and len(name) <= _LONGEST and name.isprintable() for name in names):
            raise web.HTTPError(400, f"The body must name a method and a tool, each of at most {_LONGEST} characters.")
        method, tool = names
        return str(method), str(tool)

    def _may(self, caller: Any, is_user: bool) -> dict[str, bool]:
        own = f"!server={caller.name}/"
        may_read = self._has("read:servers")
        return {
            "enter": is_user and self._has(f"access:servers{own}"),
            "start_own": is_user and self._has(f"servers{own}"),
            "read": may_read,
            "list": may_read and self._has("list:users"),
            "start": self._has("servers"),
            "stop": self._has("delete:servers"),
        }

    def _has(self, scope: str) -> bool:
        """Whether the token has it; without a filter, whether it has it for somebody."""
        return bool(has_scope(scope, self.parsed_scopes, post_filter="!" not in scope, db=self.db))


def _address(user: Any) -> str | None:
    """Where the user's default server is while it runs."""
    spawner = user.spawners.get("")
    return str(spawner.server.url) if spawner is not None and spawner.ready else None


def mcp_route() -> tuple[str, type, dict[str, Any]]:
    """The handler and its place below /hub."""
    return (r"/api/stack/mcp", McpCallHandler, {"limit": RateLimit(CALLS_AT_ONCE, CALL_EVERY_SECONDS)})
