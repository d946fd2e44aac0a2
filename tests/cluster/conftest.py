"""A real cluster, the one of KUBECONFIG, and a namespace of its own for each test."""

import os
import secrets
from collections.abc import Iterator

import pytest

from apply.helm import Helm
from apply.kube import Kube
from apply.kubeconfig import access
from spec.errors import ToolMissing


@pytest.fixture(scope="session")
def kube() -> Kube:
    """The cluster as its administrator."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster to test on")
    return Kube(access(None))


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """A new namespace, removed at the end."""
    name = f"buunstack-test-{secrets.token_hex(4)}"
    kube.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    kube.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def helm(kube: Kube) -> Helm:
    """The Helm of HELM or PATH."""
    helm = Helm(None)
    try:
        assert helm.version >= (3, 14)
    except ToolMissing as error:
        pytest.skip(error.message)
    return helm
