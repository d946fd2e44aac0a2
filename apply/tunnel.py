"""A port of a pod as an address of this machine, through the API server: what `kubectl port-forward` does."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from apply.kube import Kube, Object, refusal, segment
from spec.errors import StackError, TargetUnreachable

_CHUNK_BYTES = 65536
_PATIENCE_SECONDS = 30.0
"""How long a connection through the tunnel may say nothing."""


def ready_pod(kube: Kube, namespace: str, selector: str) -> str:
    """The newest ready pod with these labels.

    Raises:
        StackError: there is none.
    """
    pods = [pod for pod in kube.items(f"/api/v1/namespaces/{namespace}/pods", selector) if _is_ready(pod)]
    if not pods:
        raise StackError(f"no pod with {selector} is ready in namespace {namespace}", hint="inv status shows the pods")
    return str(max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))["metadata"]["name"])


@contextlib.contextmanager
def opened(configuration: Any, namespace: str, pod: str, port: int) -> Iterator[str]:
    """`http://127.0.0.1:PORT` for the port of a pod while the body runs; each connection has a way of its own.

    Args:
        configuration: of the kubernetes package, see `kubeconfig.configuration`.

    Raises:
        StackError: the right to forward ports is missing, or the pod is gone.
    """
    _connected(configuration, namespace, pod, port).close()
    listener = socket.create_server(("127.0.0.1", 0))
    accepting = threading.Thread(target=_accept, args=(listener, configuration, namespace, pod, port), daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, which closing alone does not
        listener.close()
        accepting.join()


def _accept(listener: socket.socket, configuration: Any, namespace: str, pod: str, port: int) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(caller, configuration, namespace, pod, port), daemon=True).start()


def _serve(caller: socket.socket, configuration: Any, namespace: str, pod: str, port: int) -> None:
    """One connection; a pod that is gone ends it, which the caller reports in its own words."""
    with caller, contextlib.suppress(StackError, OSError):
        forward = _connected(configuration, namespace, pod, port)
        far = forward.socket(port)
        far.setblocking(True)
        for end in (caller, far):
            end.settimeout(_PATIENCE_SECONDS)
        back = threading.Thread(target=_pump, args=(far, caller), daemon=True)
        back.start()
        _pump(caller, far)
        back.join()
        forward.close()


def _pump(source: Any, sink: Any) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _connected(configuration: Any, namespace: str, pod: str, port: int) -> Any:
    from kubernetes.client.exceptions import ApiException
    from kubernetes.stream import ws_client

    path = f"/api/v1/namespaces/{segment(namespace)}/pods/{segment(pod)}/portforward"
    token = configuration.get_api_key_with_prefix("authorization")
    headers = {"authorization": token} if token else {}
    try:
        query = [("ports", str(port))]
        return ws_client.portforward_call(  # type: ignore[no-untyped-call]
            configuration, "GET", f"{configuration.host}{path}", query_params=query, headers=headers
        )
    except ApiException as error:
        said = str(error.reason)
        if "403" in said:
            message = f"pods/portforward of pod {pod} in namespace {namespace}"
            raise refusal(403, {"message": message}, "GET", path) from error
        if "404" in said:
            raise StackError(f"pod {pod} is not there any more", hint="run the command again") from error
        what = " ".join(said.partition("-+-+-")[0].split())[:200]
        raise TargetUnreachable(f"no way to pod {pod} through the API server: {what}", hint="run it again") from error


def _is_ready(pod: Object) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = pod.get("status", {}).get("conditions", [])
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
