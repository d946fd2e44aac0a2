"""A stack behind an Ingress that Traefik serves over TLS, as it does on many clusters."""

import base64
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_tls import Authority
from tests.kubernetes.site import Site
from tests.openbao import free_port

HOST = "hub.lab.internal"
INGRESS = {"class_name": "traefik", "tls_secret": "hub-tls"}


@contextlib.contextmanager
def traefik(site: Site, folder: Path, port: int) -> Iterator[None]:
    """The controller, at a port of this machine that this process takes for the one of the stack's name."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, asked: Any, *rest: Any, **more: Any) -> Any:
        return resolve(*(("127.0.0.1", port) if host == HOST else (host, asked)), *rest, **more)

    program = shutil.which("traefik", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert program
    options = (
        f"--entrypoints.websecure.address=127.0.0.1:{port}",
        "--providers.kubernetesingress=true",
        f"--providers.kubernetesingress.namespaces={site.namespace}",
        "--log.level=ERROR",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolved)
        process = subprocess.Popen([program, *options], cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def behind_traefik(site: Site, folder: Path) -> Iterator[Site]:
    """The site with its namespace, a certificate of its own there, and `url` where Traefik serves it."""
    authority = Authority(folder / "authority")
    authority.issue(HOST)
    site.ca = str(authority.ca)
    _store(site, authority)
    port = free_port()
    site.url, site.way_in = f"https://{HOST}", port
    with traefik(site, folder, port):
        yield site


def _store(site: Site, authority: Authority) -> None:
    """The certificate as a Secret, as cert-manager would leave it."""
    meta: dict[str, Any] = {"name": site.namespace}
    site.kube.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    files = {"tls.crt": authority.certificate, "tls.key": authority.key}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "hub-tls"},
        "data": {name: base64.b64encode(file.read_bytes()).decode() for name, file in files.items()},
    }
    site.kube.create(f"/api/v1/namespaces/{site.namespace}/secrets", secret)
