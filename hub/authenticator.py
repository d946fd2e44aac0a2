"""Any authenticator with the stack's own API beside its login pages. Starts the sweep of left tokens."""

import asyncio
import re
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any

from jupyterhub.utils import maybe_future
from traitlets import Float

from hub import watching
from hub.names import fits
from hub.revocation import Revoker

Route = tuple[str, type, dict[str, Any]]


def authenticator_class(kind: str) -> type:
    """The class that JupyterHub knows by this name."""
    if kind == "native":
        from hub.nativelogin import PasswordLogin

        return PasswordLogin
    if kind in ("keycloak", "oidc"):
        from hub.oidc.login import ProviderLogin

        return ProviderLogin
    (found,) = entry_points(group="jupyterhub.authenticators", name=kind)
    loaded: type = found.load()
    return loaded


def with_api(base: Any, routes: Sequence[Route], revoker: Revoker | None, pattern: str = "") -> type:
    """The authenticator with these routes below /hub, and with names that fit what is named after a user.

    An authenticator because JupyterHub lets it bring handlers (`extra_handlers` is deprecated), and hands it
    the application just before the start, on the running loop, which no other hook does.

    Args:
        pattern: a regular expression that a whole name has to match; empty for none.
    """

    class StackAuthenticator(base):  # type: ignore[misc]
        """Configurable like its base."""

        sweep_seconds = Float(60, config=True, help="How often tokens that a stop left behind are looked for")

        def get_handlers(self, app: Any) -> list[Any]:
            """The base's handlers and the stack's."""
            if revoker is not None:
                sweep = revoker.keep_sweeping(app.db, self.sweep_seconds)
                # Kept, because the loop itself would let it be collected.
                self._sweep = asyncio.get_running_loop().create_task(sweep)
            return [*super().get_handlers(app), *routes]

        async def pre_spawn_start(self, user: Any, spawner: Any) -> None:
            """What the base does, and a look at what becomes of the start."""
            watching.start_begins(spawner)
            await maybe_future(super().pre_spawn_start(user, spawner))

        async def post_spawn_stop(self, user: Any, spawner: Any) -> None:
            """What the base does, and the end of the run."""
            watching.server_stopped(spawner)
            await maybe_future(super().post_spawn_stop(user, spawner))

        def validate_username(self, username: str) -> bool:
            """Whether this may be a user's name."""
            taken = not pattern or re.fullmatch(pattern, username) is not None
            return fits(username) and taken and bool(super().validate_username(username))

    return StackAuthenticator
