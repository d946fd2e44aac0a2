"""A port of a pod as an address of this machine, through the API server: what `kubectl port-forward` does."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from apply.causes import is_ready
from apply.kube import Kube, refusal, segment, unreachable
from spec.errors import StackError

if TYPE_CHECKING:
    from websocket import WebSocket

_CHUNK_BYTES = 65536
_CONNECT_SECONDS, _SILENCE_SECONDS = 10.0, 60.0
_DATA, _ERROR = 0, 1
"""Channels of the first port; the first frame of each only repeats the port (kubernetes.io, WebSocket port-forward)."""
_BINARY = 2
"""The kind of a WebSocket frame that is no text and no end (RFC 6455, 5.2)."""
_PROTOCOL = "v4.channel.k8s.io"


def ready_pod(kube: Kube, namespace: str, selector: str) -> str:
    """The newest ready pod with these labels.

    Raises:
        StackError: there is none.
    """
    pods = kube.items(f"/api/v1/namespaces/{namespace}/pods", selector)
    pods = [pod for pod in pods if is_ready(pod) and not pod["metadata"].get("deletionTimestamp")]
    if not pods:
        raise StackError(f"no pod with {selector} is ready in namespace {namespace}", hint="inv status shows the pods")
    return str(max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))["metadata"]["name"])


@contextlib.contextmanager
def opened(kube: Kube, namespace: str, pod: str, port: int) -> Iterator[str]:
    """`http://127.0.0.1:PORT` for the port of a pod while the body runs; each connection has a way of its own.

    Raises:
        StackError: the right to forward ports is missing, or the pod is gone.
    """
    _connected(kube, namespace, pod, port).close()
    listener = socket.create_server(("127.0.0.1", 0))
    accepting = threading.Thread(target=_accept, args=(listener, kube, namespace, pod, port), daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, which closing alone does not
        listener.close()
        accepting.join()


def _accept(listener: socket.socket, kube: Kube, namespace: str, pod: str, port: int) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            break
        threading.Thread(target=_serve, args=(caller, kube, namespace, pod, port), daemon=True).start()


def _serve(caller: socket.socket, kube: Kube, namespace: str, pod: str, port: int) -> None:
    """One connection; a pod that is gone ends it, which the caller reports in its own words."""
    with caller, contextlib.suppress(StackError):
        far = _connected(kube, namespace, pod, port)
        try:
            with contextlib.suppress(*_broken()):
                _pump(caller, far)
        finally:
            far.close()
            # Closing alone leaves the socket of a connection that the other side has closed.
            far.shutdown()  # type: ignore[no-untyped-call]


def _pump(caller: socket.socket, far: "WebSocket") -> None:
    """Both ways in one thread: a TLS connection is not made for two (openssl.org, FAQ, threads)."""
    opening, line = {_DATA, _ERROR}, far.sock
    while line is not None:
        waiting = isinstance(line, ssl.SSLSocket) and line.pending() > 0
        ready = [line] if waiting else select.select([caller, line], [], [], _SILENCE_SECONDS)[0]
        if not ready:
            return
        if caller in ready:
            data = caller.recv(_CHUNK_BYTES)
            if not data:
                return
            far.send_binary(bytes([_DATA]) + data)
        if line in ready:
            kind, frame = far.recv_data()
            channel = frame[0] if kind == _BINARY else None
            if channel in opening:
                opening.discard(channel)
            elif channel == _DATA:
                caller.sendall(frame[1:])
            else:
                return  # the end, or the pod does not listen there


def _connected(kube: Kube, namespace: str, pod: str, port: int) -> "WebSocket":
    import websocket

    access = kube.access
    path = f"/api/v1/namespaces/{segment(namespace)}/pods/{segment(pod)}/portforward"
    proxy = urlsplit(access.proxy or "")
    way = {"http_proxy_host": proxy.hostname, "http_proxy_port": proxy.port, "proxy_type": proxy.scheme}
    tls: dict[str, Any] = {"context": access.tls} | (
        {"server_hostname": access.server_name} if access.server_name else {}
    )
    try:
        return websocket.create_connection(
            f"{access.server.replace('http', 'ws', 1)}{path}?ports={port}",
            timeout=_CONNECT_SECONDS,
            header=access.headers,
            subprotocols=[_PROTOCOL],
            sslopt=tls,
            suppress_origin=True,
            **(way if access.proxy else {"http_no_proxy": ["*"]}),
        )
    except websocket.WebSocketBadStatusException as error:
        if error.status_code == 404:
            raise StackError(f"pod {pod} is not there any more", hint="run the command again") from error
        message = f"forwarding a port of pod {pod} in namespace {namespace} (create pods/portforward)"
        raise refusal(error.status_code, {"message": message}, "GET", path) from error
    except (websocket.WebSocketException, OSError) as error:
        raise unreachable(access.server, error) from error


def _broken() -> tuple[type[BaseException], ...]:
    """What a connection that ends raises at either end."""
    import websocket

    return (OSError, websocket.WebSocketException)
