"""What the API server would make of each object of a release: read, and applied without effect. Changes nothing."""

import base64
import gzip
import json
from dataclasses import dataclass

from apply import manifests
from apply.kube import Kube, Object, Refused, in_parallel
from spec.errors import TargetUnreachable

_MANAGER = "helm"
"""Helm's own name as the owner of fields; under another one each object would seem to change."""
_NOT_THERE = 404
_IMMUTABLE = "immutable"


@dataclass(frozen=True)
class Preview:
    """One object as it is and as it would be."""

    release: str
    title: str
    live: Object | None
    after: Object | None
    """None: it goes, or the server refuses it."""
    refused: Refused | None = None


def previews(kube: Kube, release: str, namespace: str, wanted: str, recorded: str, there: bool) -> list[Preview]:
    """Each object of a release, those that go last.

    Args:
        wanted: the manifests to be applied.
        recorded: those of the release's newest revision; empty before the first.
        there: whether the namespace is; the server refuses everything in one that is not.
    """
    mine = [manifests.owned(item, release, namespace) for item in manifests.objects(wanted)]
    if not there:
        return [Preview(release, manifests.title(item), None, item) for item in mine]
    addresses = {manifests.address(item) for item in mine}
    same = recorded == wanted
    old = mine if same else [manifests.owned(item, release, namespace) for item in manifests.objects(recorded)]
    applied = {manifests.address(item): item for item in old}
    going = [item for item in old if manifests.address(item) not in addresses and not _kept(item)]
    return [
        *in_parallel(lambda item: _asked(kube, release, item, applied.get(manifests.address(item))), mine),
        *(found for found in in_parallel(lambda item: _going(kube, release, item), going) if found.live),
    ]


def recorded_manifest(kube: Kube, namespace: str, release: str, revision: int) -> str:
    """The manifests of a release's revision; empty before the first."""
    return str(record(kube, namespace, release, revision).get("manifest", "")) if revision else ""


def record(kube: Kube, namespace: str, release: str, revision: int) -> Object:
    """All that Helm has kept of a release's revision (pkg/storage/driver: gzip in base64 in JSON), secrets included."""
    name = f"sh.helm.release.v1.{release}.v{revision}"
    secret = kube.get(f"/api/v1/namespaces/{namespace}/secrets/{name}") or {"data": {}}
    packed = base64.b64decode(base64.b64decode(secret["data"].get("release", "")))
    return dict(json.loads(gzip.decompress(packed))) if packed else {}


def _asked(kube: Kube, release: str, item: Object, applied: Object | None) -> Preview:
    """What was applied before and is in the live object to the letter needs no second question."""
    path = manifests.address(item)
    try:
        live = kube.get(path)
        if live is not None and item == applied and manifests.holds(live, item):
            return Preview(release, manifests.title(item), live, live)
        after = kube.apply(path, item, _MANAGER, dry_run=True)
    except Refused as refusal:
        if refusal.status == _NOT_THERE and item["kind"] == "RoleBinding":
            # Whoever is no administrator may bind a Role that is there; this one comes just before, with the release.
            return Preview(release, manifests.title(item), None, item)
        return Preview(release, manifests.title(item), None, None, refusal)
    return Preview(release, manifests.title(item), live, after)


def _going(kube: Kube, release: str, item: Object) -> Preview:
    return Preview(release, manifests.title(item), kube.get(manifests.address(item)), None)


def _kept(item: Object) -> bool:
    return (item["metadata"].get("annotations") or {}).get("helm.sh/resource-policy") == "keep"


def refused_objects(found: list[Preview]) -> TargetUnreachable:
    """What the API server would not take, all at once, before anything is touched."""
    refusals = [(one.title, one.refused) for one in found if one.refused is not None]
    lines = [f"  {title}: {refusal.message}" for title, refusal in refusals]
    hints = {refusal.hint for _, refusal in refusals if refusal.hint}
    if any(_IMMUTABLE in refusal.message for _, refusal in refusals):
        hints.add("a field that cannot change needs its object removed first: kubectl delete, then inv install")
    message = "the cluster refuses what the stack is made of:\n" + "\n".join(lines) + "\nnothing was changed"
    return TargetUnreachable(message, "; ".join(sorted(hints)))
