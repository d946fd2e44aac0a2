"""The Kubernetes API over few connections: the only module that talks to it; its answers become ours.

Raw requests: the kubernetes package's typed classes cost more to import than all requests of a plan together.
"""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import urllib3

from apply.kubeconfig import Access
from spec.errors import StackError, TargetUnreachable

CONNECTIONS = 4
"""More are no quicker on one API server."""
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 60.0
_LONGEST_FOREIGN_TEXT = 300
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_APPLY = "application/apply-patch+yaml"

Object = dict[str, Any]
Wanted = TypeVar("Wanted")
Result = TypeVar("Result")


class Refused(StackError):
    """The API server said no: status and reason as it gave them."""

    exit_code = 5

    def __init__(self, status: int, reason: str, message: str, hint: str = "") -> None:
        """Args: status: of HTTP; reason: Kubernetes' own word, such as `Forbidden`."""
        super().__init__(message, hint)
        self.status = status
        self.reason = reason


class Kube:
    """One cluster as one user."""

    def __init__(self, access: Access) -> None:
        """Connects at the first request."""
        self.access = access
        options: dict[str, Any] = {
            "num_pools": 2,
            "maxsize": CONNECTIONS,
            "block": True,
            "timeout": urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            "retries": urllib3.Retry(None, connect=0, read=0, redirect=0, other=0, status=2, status_forcelist=[429]),
            "ssl_context": access.tls,
        }
        if access.server_name:
            options |= {"server_hostname": access.server_name, "assert_hostname": access.server_name}
        self._pool = urllib3.ProxyManager(access.proxy, **options) if access.proxy else urllib3.PoolManager(**options)

    def get(self, path: str) -> Object | None:
        """An object; None where there is none.

        Raises:
            Refused: the API server says no.
            TargetUnreachable: it does not answer.
        """
        return self._call("GET", path, missing_ok=True)

    def items(self, path: str, selector: str = "", *, metadata: bool = False) -> list[Object]:
        """The objects of a list, optionally their metadata alone."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        headers = {"Accept": _METADATA} if metadata else {}
        found = self._call("GET", f"{path}{query}", headers=headers, missing_ok=True)
        return list((found or {}).get("items") or [])

    def create(self, path: str, body: Object) -> Object:
        """Make an object; `Refused` with status 409 when it is there."""
        return self._call("POST", path, body) or {}

    def replace(self, path: str, body: Object) -> Object:
        """Write an object whole; with a resourceVersion only over that very state."""
        return self._call("PUT", path, body) or {}

    def apply(self, path: str, body: Object, manager: str, *, dry_run: bool = False) -> Object:
        """Server-side apply, taking over fields of others; with `dry_run` what would come of it."""
        query = urlencode({"fieldManager": manager, "force": "true"} | ({"dryRun": "All"} if dry_run else {}))
        return self._call("PATCH", f"{path}?{query}", body, {"Content-Type": _APPLY}) or {}

    def delete(self, path: str, *, grace_seconds: int | None = None) -> None:
        """Delete an object, and what it owns after it; one that is gone is no error."""
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        self._call("DELETE", path, body, missing_ok=True)

    def text(self, path: str) -> str:
        """A text such as a log; empty where there is none, or none yet.

        Raises:
            Refused: the right is missing.
        """
        answer = self._send("GET", path, None, {"Accept": "*/*"})
        if answer.status in (401, 403):
            raise refusal(answer.status, _decoded(answer.data), "GET", path)
        return answer.data.decode("utf-8", "replace") if answer.status < 300 else ""

    def _call(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        headers: dict[str, str] | None = None,
        missing_ok: bool = False,
    ) -> Object | None:
        answer = self._send(method, path, body, headers or {})
        content = _decoded(answer.data)
        if answer.status == 404 and missing_ok:
            return None
        if answer.status >= 300:
            raise refusal(answer.status, content, method, path)
        return content

    def _send(self, method: str, path: str, body: Object | None, headers: dict[str, str]) -> Any:
        sent = {"Accept": "application/json", "Content-Type": "application/json", **self.access.headers, **headers}
        data = None if body is None else json.dumps(body).encode()
        try:
            return self._pool.request(method, f"{self.access.server}{path}", body=data, headers=sent)
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(self.access.server, error) from error


def in_parallel(work: Callable[[Wanted], Result], items: Iterable[Wanted]) -> list[Result]:
    """The results in the order of the items, over as many threads as there are connections."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(work, items))


def at_once(readers: Iterable[Callable[[], Any]]) -> list[Any]:
    """What each of them reads, in their order, side by side."""
    return in_parallel(lambda read: read(), readers)


def has_resource(kube: Kube, name: str) -> bool:
    """Whether a node has some of an extended resource to give."""
    nodes = kube.items("/api/v1/nodes")
    return any(int(node["status"].get("allocatable", {}).get(name, "0")) > 0 for node in nodes)


def has_api(kube: Kube, name: str) -> bool:
    """Whether the cluster knows the objects of a group and version, such as `monitoring.coreos.com/v1`."""
    return kube.get(f"/apis/{name}") is not None


def refusal(status: int, content: Object, method: str, path: str) -> Refused:
    """What the API server refused, in words, with what to do."""
    reason = str(content.get("reason") or status)
    said = " ".join(str(content.get("message") or "").split())[:_LONGEST_FOREIGN_TEXT]
    where = path.partition("?")[0]
    if status == 401:
        message = "the cluster does not know these credentials: they are wrong, or have expired"
        return Refused(status, reason, message, "kubectl auth whoami; renew the kubeconfig's certificate or token")
    if status == 403 and "exceeded quota" in said:
        return Refused(status, reason, f"a quota of the namespace is used up: {said}", "raise the ResourceQuota")
    if status == 403:
        return Refused(status, reason, f"not permitted: {said}", "kubectl auth can-i --list shows what is")
    return Refused(status, reason, f"{method} {where}: {said or reason}")


def unreachable(server: str, error: Exception) -> TargetUnreachable:
    """Why no answer came: a name, a port, a certificate."""
    cause: BaseException = getattr(error, "reason", None) or error
    said = " ".join(str(cause).split())
    if "certificate has expired" in said or "certificate expired" in said:
        return TargetUnreachable(
            f"a certificate on the way to {server} has expired: {said[:_LONGEST_FOREIGN_TEXT]}",
            hint="renew the cluster's or the kubeconfig's certificate",
        )
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return TargetUnreachable(
            f"the API server at {server} has a certificate that the kubeconfig does not trust",
            hint="is it the right cluster? then renew certificate-authority-data in the kubeconfig",
        )
    what = said.rpartition(": ")[2] or type(cause).__name__
    return TargetUnreachable(
        f"the API server at {server} does not answer: {what[:_LONGEST_FOREIGN_TEXT]}",
        hint="kubectl cluster-info; is target.context the right one?",
    )


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def _decoded(data: bytes) -> Object:
    try:
        content = json.loads(data or b"{}")
    except ValueError:
        return {"message": data.decode("utf-8", "replace")}
    return content if isinstance(content, dict) else {}
