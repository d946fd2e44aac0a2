"""Who sends a request to the hub: a server for itself."""

from typing import Any

from jupyterhub.handlers import BaseHandler


def is_server(handler: Any) -> bool:
    """Whether a user's server asks, with the token that it was started with: it may do nothing but its own work."""
    token = handler.get_token() if isinstance(handler, BaseHandler) else None
    if token is None or token.user is None:
        return False
    scopes = token.scopes or []
    return bool(scopes) and all("!server=" in scope or scope.startswith("users:activity!user") for scope in scopes)
