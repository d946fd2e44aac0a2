"""A real registry (Debian's docker-registry) on a loopback port of its own, which a test may stop and start."""

import shutil
import socket
import time
from pathlib import Path
from typing import Self

from tests.openbao import free_port
from tests.serverprocess import ServerProcess

_CONFIGURATION = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_READY_SECONDS = 20


class Registry(ServerProcess):
    """Use as a context; `port` stays the same over restarts."""

    def __init__(self, folder: Path, passwords: Path | None = None) -> None:
        """Args: passwords: an htpasswd file (bcrypt) with those who may push and pull."""
        self.program = shutil.which("docker-registry")
        self.port = free_port()
        self.log = folder / "registry.log"
        self._file = folder / "registry.yml"
        text = _CONFIGURATION.format(folder=folder / "images", port=self.port)
        if passwords is not None:
            text += f"auth: {{htpasswd: {{realm: tests, path: {passwords}}}}}\n"
        folder.mkdir(parents=True, exist_ok=True)
        self._file.write_text(text)

    def __enter__(self) -> Self:
        self.start()
        return self

    @property
    def name(self) -> str:
        """As images have it."""
        return f"localhost:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert self.program, "Debian's package docker-registry"
        self.launch([self.program, "serve", str(self._file)])
        until = time.monotonic() + _READY_SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                assert time.monotonic() < until, self.log.read_text()
                time.sleep(0.05)
