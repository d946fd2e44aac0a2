"""The hub of a stack on this machine, from its state directory alone: loads nothing that knows a stack file."""

import contextlib
from collections.abc import Iterator

from apply.hubapi import HubApi
from apply.state import FACTS, StateDirectory
from spec.errors import StackError

ADMIN_TOKEN = "admin-service-token"  # noqa: S105 - a file's name
"""The secret with the token of the admin service."""


class LocalHub:
    """One stack's hub."""

    def __init__(self, state: StateDirectory) -> None:
        """Touches nothing yet."""
        self.state = state

    @contextlib.contextmanager
    def hub(self) -> Iterator[HubApi]:
        """The hub's API, as on each target."""
        yield self.hub_api()

    def hub_api(self) -> HubApi:
        """The hub's API with the admin service's token."""
        if not self.state.exists():
            raise StackError(f"no stack is installed in {self.state.path}", hint="inv install")
        port = (self.state.read_json(FACTS) or {})["ports"]["hub_port"]

        def token() -> str:
            return self.state.secret(ADMIN_TOKEN)

        return HubApi(f"http://127.0.0.1:{port}/hub/api", token(), token)
