"""A pod that works on a hub's database: made for one piece of work, reached by a forwarded port, removed after it."""

import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from apply import tunnel
from apply.causes import causes
from apply.databaseprogram import ROOT, checked
from apply.generations import KIND, STACK
from apply.kube import Kube, Object
from spec.errors import StackError

_PORT = 8099
_LONGEST_SECONDS = 3600
"""The pod ends by itself after this time, should nobody come to remove it."""
_START_SECONDS, _ANSWER_SECONDS, _PAUSE_SECONDS = 180, 900.0, 0.3
_TMP = "/tmp"  # noqa: S108 - the pod's own
_USER = 1000
"""As the hub of the z2jh chart runs (values.yaml, hub.containerSecurityContext)."""
_BOOT = """import json, pathlib, runpy, sys
for name, text in json.loads(sys.argv.pop(1)).items():
    path = pathlib.Path("/tmp", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
sys.path.insert(0, "/tmp")
runpy.run_module("hub.offline.pod", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Work:
    """What the pod is made of."""

    name: str
    stack: str
    image: dict[str, Any]
    """`image` and `imagePullPolicy`."""
    place: dict[str, Any] = field(default_factory=dict)
    """Further fields of the pod: where it runs, how its image is pulled."""
    mount: dict[str, Any] | None = None
    """How the hub mounts its claim; None for a pod without it."""
    claim: str = ""
    database: str = "/tmp/none"  # noqa: S108 - in the pod

    def labels(self) -> dict[str, str]:
        """By which the pod is known."""
        return {STACK: self.stack, KIND: self.name}


class DatabasePod:
    """A running pod."""

    def __init__(self, address: str, token: str) -> None:
        """Args: token: what it answers to."""
        self._address = address
        self._headers = {"Authorization": token}
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=10, read=_ANSWER_SECONDS), retries=False)

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            return self._pool.request("GET", f"{self._address}/", headers=self._headers).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def fetch(self, to: Path) -> None:
        """Write the copy that it makes of the database.

        Raises:
            StackError: there is none, or it is damaged.
        """
        answer = self._asked("GET", "/copy")
        if answer.headers.get("Content-Type") == "application/json":
            checked(json.loads(answer.data))
        to.touch(mode=0o600)
        to.write_bytes(answer.data)

    def bring(self, file: Path) -> None:
        """Give it a database."""
        checked(json.loads(self._asked("PUT", "/brought", file.read_bytes()).data))

    def ask(self, action: str, **words: Any) -> dict[str, Any]:
        """Have it work.

        Raises:
            StackError: it refuses.
        """
        return checked(json.loads(self._asked("POST", f"/{action}", json.dumps(words).encode()).data))

    def _asked(self, method: str, path: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        try:
            answer = self._pool.request(method, f"{self._address}{path}", body=body, headers=self._headers)
        except urllib3.exceptions.HTTPError as error:
            what = f"the pod that works on the database does not answer: {type(error).__name__}"
            raise StackError(what, hint="run the same command again") from error
        if answer.status != 200:
            raise StackError(f"the pod that works on the database answers {answer.status}", hint="run it again")
        return answer


@contextlib.contextmanager
def running(kube: Kube, namespace: str, work: Work) -> Iterator[DatabasePod]:
    """The pod while the body runs; one that a killed command has left goes first.

    Raises:
        StackError: it does not start.
    """
    token, path = secrets.token_hex(32), f"/api/v1/namespaces/{namespace}/pods"
    _gone(kube, f"{path}/{work.name}")
    kube.create(path, _body(work, hashlib.sha256(token.encode()).hexdigest()))
    try:
        _started(kube, namespace, work.name)
        with tunnel.opened(kube, namespace, work.name, _PORT) as address:
            pod = DatabasePod(address, token)
            until = time.monotonic() + _START_SECONDS
            while not pod.alive():
                if time.monotonic() > until:
                    raise StackError(f"pod {work.name} runs and does not answer", hint="run the same command again")
                time.sleep(_PAUSE_SECONDS)
            yield pod
    finally:
        kube.delete(f"{path}/{work.name}", grace_seconds=0)


def _gone(kube: Kube, path: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while kube.get(path) is not None:
        kube.delete(path, grace_seconds=0)
        if time.monotonic() > until:
            raise StackError(
                f"pod {path.rpartition('/')[2]} of an earlier command does not go", hint="kubectl describe"
            )
        time.sleep(_PAUSE_SECONDS)


def _started(kube: Kube, namespace: str, name: str) -> None:
    core, until = f"/api/v1/namespaces/{namespace}", time.monotonic() + _START_SECONDS
    while True:
        pod = kube.get(f"{core}/pods/{name}") or {"metadata": {"name": name}, "status": {}}
        if pod["status"].get("phase") == "Running":
            return
        events = [one for one in kube.items(f"{core}/events") if one["involvedObject"].get("name") == name]
        found = causes([pod], events, [], datetime.now(UTC))
        if (
            (found and found[0].final)
            or time.monotonic() > until
            or pod["status"].get("phase") in ("Failed", "Succeeded")
        ):
            why = found[0].message if found else f"it is {pod['status'].get('phase', 'gone')}"
            raise StackError(
                f"pod {name}, which works on the database, does not start: {why}",
                hint=found[0].hint if found else "run the same command again",
            )
        time.sleep(_PAUSE_SECONDS)


def _body(work: Work, digest: str) -> Object:
    sources = {path: (ROOT / path).read_text("utf-8") for path in _sources()}
    command = ["python3", "-c", _BOOT, json.dumps(sources), str(_PORT), digest, work.database]
    container: dict[str, Any] = {
        "name": "database",
        **work.image,
        "command": command,
        "workingDir": _TMP,
        "env": [{"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}, {"name": "HOME", "value": _TMP}],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": _TMP}, *([work.mount] if work.mount else [])],
    }
    volumes: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {}}]
    if work.mount:
        volumes.append({"name": work.mount["name"], "persistentVolumeClaim": {"claimName": work.claim}})
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "activeDeadlineSeconds": _LONGEST_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": volumes,
        **work.place,
    }
    metadata = {"name": work.name, "labels": work.labels()}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _sources() -> list[str]:
    folder = ROOT / "hub" / "offline"
    return [path.relative_to(ROOT).as_posix() for path in (ROOT / "hub" / "__init__.py", *sorted(folder.glob("*.py")))]
