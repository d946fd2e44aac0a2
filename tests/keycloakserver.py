"""A real Keycloak for tests: one server on loopback, http and https, data of its own, the distribution shared."""

import http.client
import os
import secrets
import signal
import time
from pathlib import Path
from typing import Any, Self

import pytest

from apply import keycloakdist
from apply.keycloak import Keycloak, service_account
from render.keycloakpart import server_command
from spec.errors import StackError
from tests.openbao import certificates, free_port
from tests.serverprocess import ServerProcess

_START_SECONDS = 180


class KeycloakServer(ServerProcess):
    """One server in `folder`; entering the context starts it and waits until it is ready."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", fixed_hostname: bool = False) -> None:
        """Makes the distribution ready first, which takes a minute and a half on a machine's first run.

        Args:
            host: an address that the certificate names beside localhost, for who reaches the server by a relay.
            fixed_hostname: it is its https address to browsers, whatever address it is asked at.

        Raises:
            StackError: there is no Java, or no Keycloak to be had.
        """
        self._java = keycloakdist.java()
        self.home = keycloakdist.home(folder / "home", keycloakdist.distribution(lambda _: None))
        made = self.tls = certificates(folder / "tls", host)
        self.ca = made.ca
        self.port, self.https_port, self._management = free_port(), free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.https_address = f"https://127.0.0.1:{self.https_port}"
        self.log = folder / "server.log"
        self.admin_client, self.admin_secret = "tests-admin", secrets.token_urlsafe(24)
        """A service account of realm master that may do everything."""
        self._options = (
            f"--https-port={self.https_port}",
            f"--https-certificate-file={made.certificate}",
            f"--https-certificate-key-file={made.key}",
            "--http-access-log-enabled=true",
        )
        if fixed_hostname:
            self._options += (f"--hostname={self.https_address}", "--hostname-backchannel-dynamic=true")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def start(self) -> None:
        """Start the process, again at the same address after `stop`, and wait until it is ready."""
        command = server_command(self._java, str(self.home), str(self.port), str(self._management), *self._options)
        environment = os.environ | {
            "KC_BOOTSTRAP_ADMIN_CLIENT_ID": self.admin_client,
            "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": self.admin_secret,
        }
        process = self.launch(command, environment)
        until = time.monotonic() + _START_SECONDS
        while not self._ready():
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"Keycloak is not ready: {self.log.read_text()[-3000:]}")
            time.sleep(0.2)

    def pause(self) -> None:
        """From now on connections are taken and never answered."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        self.send(signal.SIGCONT)

    def admin(self) -> Keycloak:
        """Somebody who may do everything to every realm."""
        return Keycloak(self.address, "master", service_account(self.admin_client, self.admin_secret))

    def new_realm(self, **settings: Any) -> str:
        """Make an empty realm of a name that nobody else has."""
        name = f"realm-{secrets.token_hex(4)}"
        self.admin().post("", {"realm": name, "enabled": True, **settings})
        return name

    def remove_realm(self, name: str) -> None:
        """Remove a realm with all that is in it."""
        self.admin().delete(name)

    def _ready(self) -> bool:
        """The port alone says nothing: it opens seconds before the server is ready, and answers 503."""
        connection = http.client.HTTPConnection("127.0.0.1", self._management, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def server(folder: Path, host: str = "127.0.0.1", fixed_hostname: bool = False) -> KeycloakServer:
    """A server that is not started yet; where none can be had the test is skipped, in CI it fails."""
    need_distribution()
    return KeycloakServer(folder, host, fixed_hostname)


def need_distribution() -> None:
    """Have Java, and Keycloak built; where one of them cannot be had the test is skipped, in CI it fails."""
    try:
        keycloakdist.java()
        keycloakdist.distribution(lambda _: None)
    except StackError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Keycloak: {error.message}")
