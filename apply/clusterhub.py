"""The API of a hub in a cluster, through a tunnel to its pod: no ingress and no exec is needed."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apply import servicetoken, tunnel
from apply.hubapi import HubApi
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_HUB_PORT, _PROXY_PORT = 8081, 8000
"""Of the pods of the z2jh chart (templates/hub/deployment.yaml, templates/proxy/deployment.yaml)."""


@contextlib.contextmanager
def hub(target: "ClusterTarget") -> Iterator[HubApi]:
    """The hub's API with the admin service's token, while the body runs.

    Raises:
        StackError: no hub runs, or a right is missing.
    """
    token = servicetoken.held(target.kube, target.stack)
    if token is None:
        raise StackError(f"no stack {target.stack.name} is installed in {target.namespace}", hint="inv install")
    with _tunnel(target, "hub", _HUB_PORT) as address:
        yield HubApi(f"{address}/hub/api", token, lambda: servicetoken.held(target.kube, target.stack))


@contextlib.contextmanager
def proxy(target: "ClusterTarget") -> Iterator[str]:
    """The address of the proxy, as an Ingress reaches it."""
    with _tunnel(target, "proxy", _PROXY_PORT) as address:
        yield address


@contextlib.contextmanager
def _tunnel(target: "ClusterTarget", component: str, port: int) -> Iterator[str]:
    pod = tunnel.ready_pod(target.kube, target.namespace, f"component={component},release={target.stack.name}")
    with tunnel.opened(target.kube, target.namespace, pod, port) as address:
        yield address
