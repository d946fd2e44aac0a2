"""`/hub/api/stack/service-token`: another token for the service with which `inv` acts. Touches the database."""

import json
from typing import Any

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from hub.managing import is_operator
from hub.roles import ADMIN_SERVICE

_SHORTEST = 32
"""Characters: such a token is made, not thought of, so that the hub may keep it as it keeps its own."""


class ServiceTokenHandler(APIHandler):  # type: ignore[misc]
    """For the service itself alone: who holds one of its tokens may bring another, and end the others."""

    async def prepare(self) -> None:
        """Called by tornado before each method."""
        await super().prepare()
        if not is_operator(self.current_user):
            raise web.HTTPError(403, f"Only {ADMIN_SERVICE} itself may change its tokens.")

    def put(self) -> None:
        """Take one more token; one that is known already is no error."""
        token = self._token()
        found = orm.APIToken.find(self.db, token)
        if found is None:
            self.current_user.new_api_token(token, note="inv token.rotate-service", generated=True)
        elif found.service is not self.current_user:
            raise web.HTTPError(409, "This token is somebody else's.")
        self.set_status(204)

    def delete(self) -> None:
        """End every token of the service but the one that asks for it; how many there were."""
        kept = self.get_token()
        others = [token for token in self.current_user.api_tokens if token.id != kept.id]
        for token in others:
            self.db.delete(token)
        self.db.commit()
        self.finish(json.dumps({"ended": len(others)}))

    def _token(self) -> str:
        """JupyterHub's own reader would log a body that is not JSON, token and all."""
        try:
            body: Any = json.loads(self.request.body)
        except ValueError:
            body = None
        token = body.get("token") if isinstance(body, dict) else None
        if not isinstance(token, str) or len(token) < _SHORTEST:
            raise web.HTTPError(400, f"The body must be a JSON object with a token of {_SHORTEST} characters or more.")
        return token


ROUTES: list[tuple[str, type, dict[str, Any]]] = [(r"/api/stack/service-token", ServiceTokenHandler, {})]
