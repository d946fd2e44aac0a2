"""Serve the page until SIGTERM; JupyterHub's own variables for services say where and as whom."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth
from tornado import web
from tornado.log import enable_pretty_logging

from hub.ending import run_to_end, told_to_stop
from hub.secretspage.access import Access
from hub.secretspage.handlers import routes
from hub.vaulthttp import VaultHttp

_FOLDER = Path(__file__).parent
_NEEDED = ("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_SERVICE_PREFIX", "VAULT_ADDR")


async def serve() -> None:
    """Listen where the hub sends users, and wait for the end.

    Raises:
        OSError: the port is taken.
    """
    hub_api = os.environ.get("SECRETS_HUB_API") or os.environ["JUPYTERHUB_API_URL"]
    HubOAuth.instance(api_url=hub_api)
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    http = VaultHttp(
        os.environ["VAULT_ADDR"], os.environ.get("VAULT_CACERT") or None, os.environ.get("VAULT_NAMESPACE") or None
    )
    pages = web.Application(
        [
            *routes(prefix, Access(hub_api, http), os.environ.get("SECRETS_TITLE", "JupyterHub")),
            (f"{prefix}static/(.*)", web.StaticFileHandler, {"path": str(_FOLDER / "static")}),
        ],
        # Sessions are the hub's: after a restart each browser is signed in again without a question.
        cookie_secret=secrets.token_bytes(32),
        template_path=str(_FOLDER / "templates"),
        xsrf_cookies=True,
    )
    place = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    address = os.environ.get("SECRETS_LISTEN", place.hostname or "127.0.0.1")
    server = pages.listen(place.port or 80, address)
    await told_to_stop().wait()
    server.stop()


def main() -> int:
    """Run the command line."""
    enable_pretty_logging()
    return run_to_end("secrets page", _NEEDED, serve)


if __name__ == "__main__":
    sys.exit(main())
