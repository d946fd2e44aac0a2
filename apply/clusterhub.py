"""The API of a hub in a cluster, through a tunnel to its pod: no ingress and no exec is needed."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apply import rest, servicetoken, tunnel
from apply.hubapi import HubApi
from apply.reach import Reach
from spec.errors import StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_HUB_PORT, _PROXY_PORT = 8081, 8000
"""Of the pods of the z2jh chart (templates/hub/deployment.yaml, templates/proxy/deployment.yaml)."""
_PUBLIC_SECONDS = 10.0
_OK, _FOUND = 200, 302


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


def page_fault(target: "ClusterTarget", timeout_seconds: float) -> str:
    """Why the login page does not come through the proxy; empty when it does.

    Raises:
        StackError: no proxy runs, or it does not answer.
    """
    with proxy(target) as address:
        status = login_page_status(address, timeout_seconds)
    return "" if status in (_OK, _FOUND) else f"it answers {status}"


def login_page_status(address: str, timeout_seconds: float = rest.TIMEOUT_SECONDS) -> int:
    """What a proxy answers to whoever asks for the login page; each time it connects to the hub anew.

    A proxy keeps its connections to the hub, and one that was made before the cluster's routes to the hub's Service
    were whole leads to whoever answers there. Asked again over it, that one would answer as long as anybody asks.

    Raises:
        TargetUnreachable: no answer.
    """
    url, sent = f"{address}/hub/login", {"Connection": "close"}
    return rest.call("GET", url, what="the login page", headers=sent, timeout=timeout_seconds)[0]


@contextlib.contextmanager
def reach(target: "ClusterTarget") -> Iterator[Reach]:
    """The public address where it answers this machine, else a tunnel to the proxy behind it."""
    public = [Reach(target.url())]
    if target.stack.ca:
        public.append(Reach(target.url(), target.file.parent / target.stack.ca))
    note = "the stack makes no way in of its own (ingress.kind: none)"
    if target.stack.ingress.kind != "none":
        for way in public:
            if not (note := _fault(way)):
                yield way
                return
    with proxy(target) as address:
        yield Reach(f"{address}/", note=note, broken=target.stack.ingress.kind != "none")


def _fault(way: Reach) -> str:
    """Why the public address is of no use here; empty when it is."""
    try:
        status, _ = way.call("GET", "hub/api/", "the public address", timeout=_PUBLIC_SECONDS)
    except TargetUnreachable as error:
        return error.message
    return "" if status == _OK else f"the public address {way.url} answers {status}"


@contextlib.contextmanager
def _tunnel(target: "ClusterTarget", component: str, port: int) -> Iterator[str]:
    pod = tunnel.ready_pod(target.kube, target.namespace, f"component={component},release={target.stack.name}")
    with tunnel.opened(target.kube, target.namespace, pod, port) as address:
        yield address
