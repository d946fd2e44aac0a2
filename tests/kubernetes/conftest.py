"""The cluster of KUBECONFIG, or one that kind makes for the session and that goes with it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apply.helm import Helm
from apply.kube import Kube
from apply.kubeconfig import access
from spec.errors import ToolMissing
from tests.kubernetes.site import CHART, IMAGES, Site, chart_is_there
from tests.kubernetes.vaultsite import STORE, add_store
from tests.nodeimages import image_names
from tests.openbao import OpenBao

_NODE_REPORTS_SECONDS = 45
"""A kubelet tells its images with the node's status, some time after they were loaded."""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """KUBECONFIG names a cluster while the tests run.

    `KIND` names the program, `BUUNSTACK_KIND_CONFIG` a file for `kind create cluster --config`.
    """
    if os.environ.get("KUBECONFIG"):
        yield
        return
    kind = os.environ.get("KIND") or shutil.which("kind")
    if not kind:
        pytest.skip("KUBECONFIG names no cluster, and there is no kind to make one (KIND or PATH)")
    kubeconfig = tmp_path_factory.mktemp("kind") / "kubeconfig"
    name = f"buunstack-{os.getpid()}"
    config = os.environ.get("BUUNSTACK_KIND_CONFIG")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        made = [kind, "create", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}", "--wait=120s"]
        try:
            subprocess.run([*made, *([f"--config={config}"] if config else [])], check=True)
            subprocess.run([kind, "load", "docker-image", *IMAGES, f"--name={name}"], check=True)
            yield
        finally:
            subprocess.run([kind, "delete", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}"], check=True)


@pytest.fixture(scope="session")
def tools(cluster: None) -> None:
    """Helm and the z2jh chart."""
    try:
        assert Helm(None).version >= (3, 14)
    except ToolMissing as error:
        pytest.skip(error.message)
    if not chart_is_there():
        pytest.skip(f"chart jupyterhub {CHART} is not in the cache (~/.cache/buunstack/charts): nothing is installed")
    until = time.monotonic() + _NODE_REPORTS_SECONDS
    while missing := _missing_images():
        if time.monotonic() > until:
            pytest.skip(f"no node has {', '.join(missing)} (BUUNSTACK_TEST_IMAGES): nothing is installed")
        time.sleep(1)


def _missing_images() -> list[str]:
    there = image_names(Kube(access(None)))
    return [image for image in IMAGES if not any(name.endswith(f"/{image}") for name in there)]


@pytest.fixture(scope="module")
def bao(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """A server at the node's own address, which pods reach."""
    folder = tmp_path_factory.mktemp("bao")
    (node,) = Site(folder).kube.items("/api/v1/nodes")
    host = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    with OpenBao(folder / "server", host=host) as server:
        yield server


@pytest.fixture(scope="module")
def operator(bao: OpenBao, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a ClusterSecretStore that reads what that server keeps for hubs, and nothing else."""
    site = Site(tmp_path_factory.mktemp("operator"))
    if site.kube.get("/apis/external-secrets.io/v1") is None:
        pytest.skip("the cluster has no External Secrets Operator")
    site.kube.create("/api/v1/namespaces", {"kind": "Namespace", "metadata": {"name": site.namespace}})
    yield add_store(site, bao)
    site.kube.delete(f"{STORE}/{site.namespace}-store")
    site.remove()


@pytest.fixture
def site(tools: None, tmp_path: Path) -> Iterator[Site]:
    """A stack file and a namespace that goes at the end."""
    site = Site(tmp_path)
    yield site
    site.remove()


@pytest.fixture(scope="module")
def installed(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack that runs; a test leaves it as it was, or breaks it so that the old state runs on."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.inv("install", "--yes")
    yield site
    site.remove()


@pytest.fixture
def changed(installed: Site) -> Iterator[Site]:
    """The same with a stack file that goes back at the end."""
    yield installed
    installed.declare()
