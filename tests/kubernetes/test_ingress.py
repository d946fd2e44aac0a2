"""The way in that users take: an Ingress served over TLS by Traefik, which is also what runs it on many clusters."""

import base64
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.stack import eventually
from tests.e2e.test_tls import Authority
from tests.kubernetes.site import Site
from tests.openbao import free_port

HOST = "hub.lab.internal"


@pytest.fixture
def behind_traefik(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A stack with a certificate of its own; this process finds its name at the port that Traefik serves."""
    authority = Authority(tmp_path / "authority")
    authority.issue(HOST)
    site.ca = str(authority.ca)
    _store(site, authority)
    site.declare(ingress={"class_name": "traefik", "tls_secret": "hub-tls"})
    port = free_port()
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: resolve("127.0.0.1" if host == HOST else host, *rest, **more)
    )
    traefik = subprocess.Popen(
        [
            shutil.which("traefik", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) or "",
            f"--entrypoints.websecure.address=127.0.0.1:{port}",
            "--providers.kubernetesingress=true",
            f"--providers.kubernetesingress.namespaces={site.namespace}",
            "--log.level=ERROR",
        ],
        cwd=tmp_path,
    )
    site.url = f"https://{HOST}:{port}"
    yield site
    traefik.terminate()
    traefik.wait(20)


def test_a_user_signs_in_and_runs_code_over_the_ingress(behind_traefik: Site) -> None:
    site = behind_traefik
    site.inv("install", "--yes")
    site.add_user("ada")
    eventually(lambda: _login_page(site), "the login page over the Ingress")

    ada = site.person("ada")
    ada.spawn("lab")

    assert ada.run("print(6 * 7)") == "42\n"
    cookie = next(found for found in ada.session.cookies if found.name == "jupyter-session")
    assert cookie.secure, "the cookie that keeps a browser on one proxy goes over TLS only"


def _login_page(site: Site) -> bool:
    answer = requests.get(f"{site.url}/hub/login", verify=site.ca, timeout=10)
    return answer.status_code == 200 and "Sign" in answer.text


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
