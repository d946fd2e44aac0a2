"""What becomes of servers, seen from outside of their spawners: counted, and noted as runs. Touches the database.

Through the authenticator and the log of requests, because the spawner's hooks belong to the site and to Vault.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from jupyterhub.apihandlers.users import UserServerAPIHandler
from jupyterhub.log import log_request
from jupyterhub.utils import AnyTimeoutError, utcnow
from sqlalchemy.orm import object_session
from tornado import web
from tornado.log import app_log

from hub.metrics import SPAWN_FAILURES, STOPS
from hub.refusal import NotStarted
from hub.runs import Runs

_CULLERS = ("culler", "jupyterhub-idle-culler")
"""The service on one machine (render/services.py), and the z2jh chart's (files/hub/jupyterhub_config.py)."""
_STOPPED = (202, 204)
"""What JupyterHub answers when a server stops, or has stopped."""
_GPU = "gpu"
"""How the names of such resources end: nvidia.com/gpu, amd.com/gpu."""


def start_begins(spawner: Any) -> None:
    """See how this start ends; JupyterHub follows its own count of failures in the same way."""
    if (future := spawner._spawn_future) is not None:
        future.add_done_callback(lambda done: _start_ended(spawner, done))


def server_stopped(spawner: Any) -> None:
    """After each stop, crash, cull and failed start."""
    with _harmless(spawner.user.name):
        Runs(object_session(spawner.orm_spawner)).end(spawner.user.name, spawner.name, utcnow(with_tz=False))


def request_ended(handler: Any) -> None:
    """JupyterHub's `log_function`: its own line and count, and who stopped a server."""
    log_request(handler)
    is_stop = isinstance(handler, UserServerAPIHandler) and handler.request.method == "DELETE"
    if is_stop and handler.get_status() in _STOPPED:
        user, server = (*handler.path_args, "", "")[:2]
        who = _who(handler.current_user, user)
        STOPS.labels(who).inc()
        with _harmless(user):
            Runs(handler.db).stopped_by(user, server or "", who)


def cause(error: BaseException) -> str:
    """Why a server did not start, as one of `metrics.CAUSES`."""
    if isinstance(error, NotStarted) and error.of_vault:
        return "vault"
    if isinstance(error, AnyTimeoutError):
        return "timeout"
    refused = isinstance(error, web.HTTPError) and error.status_code < 500
    return "refused" if refused else "failed"


def _start_ended(spawner: Any, done: Any) -> None:
    if done.cancelled():
        return
    if (error := done.exception()) is not None:
        SPAWN_FAILURES.labels(cause(error)).inc()
        return
    if (started := spawner.orm_spawner.started) is not None:
        profile = str((spawner.user_options or {}).get("profile") or "")
        Runs(object_session(spawner.orm_spawner)).begin(
            spawner.user.name, spawner.name, profile, _gpus(spawner), started
        )


@contextlib.contextmanager
def _harmless(user: str) -> Iterator[None]:
    """A run that cannot be noted is a line of the log: it stops no server, and no request."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever the database says
        app_log.exception("usage: a run of %s's server was not noted", user)


def _gpus(spawner: Any) -> int:
    limits = getattr(spawner, "extra_resource_limits", None) or {}
    return sum(int(count) for name, count in limits.items() if str(name).endswith(_GPU))


def _who(asking: Any, user: str) -> str:
    if getattr(asking, "kind", "") == "service" or not hasattr(asking, "spawners"):
        return "culler" if getattr(asking, "name", "") in _CULLERS else "service"
    return "user" if asking.name == user else "administrator"
