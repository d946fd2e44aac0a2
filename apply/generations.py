"""What was applied, and what it was made from: one Secret for each generation of a stack, kept in its namespace.

A Secret and not a ConfigMap, since a site may have written a secret into `chart_values`.
"""

import base64
import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apply.caller import caller
from apply.declared import DECLARED
from apply.kube import Kube
from render.artifacts import Artifacts

STACK, KIND, INPUT = "buunstack/stack", "buunstack/kind", "buunstack/input"
"""Labels; `input` is the fingerprint of what a Helm release was made from."""
MADE = "buunstack/made"
"""Annotation of a namespace that install has made: the stack's name."""
_NUMBER, _SUMMARY = "buunstack/generation", "buunstack/summary"
_KEPT = 10


@dataclass(frozen=True)
class Generation:
    """One successful install."""

    number: int
    summary: dict[str, Any]
    """`time`, `by`, `why`, `workloads` (what a glance compares)."""
    secret: str
    """The Secret's name."""


def of(secrets: list[dict[str, Any]]) -> list[Generation]:
    """The generations among a namespace's Secrets (their metadata is enough), oldest first."""
    found = []
    for item in secrets:
        metadata = item["metadata"]
        if metadata.get("labels", {}).get(KIND) == "generation":
            summary = json.loads(metadata["annotations"][_SUMMARY])
            found.append(Generation(int(metadata["labels"][_NUMBER]), summary, metadata["name"]))
    return sorted(found, key=lambda generation: generation.number)


def artifacts(kube: Kube, namespace: str, generation: Generation) -> Artifacts:
    """What a generation was made from, with its stack; secrets that install makes are placeholders in it.

    One that was kept without its stack has an empty text for it, so that a rollback does not give it another's.
    """
    found = kube.get(f"/api/v1/namespaces/{namespace}/secrets/{generation.secret}") or {"data": {}}
    packed = base64.b64decode(found["data"].get("artifacts", ""))
    return {DECLARED: "", **json.loads(gzip.decompress(packed))} if packed else {}


def write(
    kube: Kube,
    namespace: str,
    stack: str,
    made: Artifacts,
    before: list[Generation],
    why: str,
    workloads: dict[str, Any],
) -> Generation:
    """Record a generation and drop the ones before the last ten."""
    number = before[-1].number + 1 if before else 1
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    summary = {"time": now, "by": caller(), "why": why, "workloads": workloads}
    packed = base64.b64encode(gzip.compress(json.dumps(made).encode(), mtime=0)).decode()
    folder, name = f"/api/v1/namespaces/{namespace}/secrets", f"buunstack-{stack}-{number}"
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "labels": {STACK: stack, KIND: "generation", _NUMBER: str(number)},
            "annotations": {_SUMMARY: json.dumps(summary)},
        },
        "data": {"artifacts": packed},
    }
    kube.apply(f"{folder}/{name}", body, "buunstack")
    for old in before[: max(0, len(before) + 1 - _KEPT)]:
        kube.delete(f"{folder}/{old.secret}")
    return Generation(number, summary, name)


def renew(kube: Kube, namespace: str, generation: Generation, workloads: dict[str, Any]) -> None:
    """Note that what was applied looks otherwise now, and is still the same."""
    path = f"/api/v1/namespaces/{namespace}/secrets/{generation.secret}"
    secret = kube.get(path)
    if secret is not None:
        secret["metadata"]["annotations"][_SUMMARY] = json.dumps(generation.summary | {"workloads": workloads})
        kube.replace(path, secret)
