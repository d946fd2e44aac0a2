"""What somebody else than the release has in an object, from the object's own record of who owns which field. Pure.

A dry run does not show a variable that was added by hand: nobody takes it away. The record (`managedFields`) has it,
with its manager and time (kubernetes.io, server-side apply, field management).
"""

import json
from collections.abc import Iterator
from typing import Any

from apply import manifests
from apply.drift import NOBODY, Drift
from apply.manifests import Object

OURS = ("helm", "buunstack")
_CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kubelet", "external-secrets", "cert-manager")
"""They do their work in what was declared; nobody's hand."""
_NOISE = (
    "metadata.finalizers",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    *(f"metadata.annotations.{name}.kubernetes.io" for name in ("pv", "volume", "volume.beta", "deployment")),
    "spec.volumeName",
    "status",
)
"""Written by volume binders of many names, by finalizing controllers, by kubectl for itself."""

_Steps = tuple[str, ...]
_ABSENT = object()


def drifts(recorded: Object, live: Object) -> list[Drift]:
    """A row for each field that is not as it was applied, each as high as it was added or removed.

    Args:
        recorded: the object as the release has it.
    """
    title = manifests.title(live)
    found: dict[str, Drift] = {}
    for entry in _foreign(live):
        for steps in _owned(entry.get("fieldsV1") or {}, (), recorded):
            before, after = _at(recorded, steps), _at(live, steps)
            if after is _ABSENT or _same(before, after):
                continue
            _add(found, title, steps, before, after, entry, live)
    for steps, value in _lost(recorded, live, ()):
        _add(found, title, steps, value, _ABSENT, _latest(live), live)
    return list(found.values())


def added(live: Object) -> Drift:
    """An object with the release's labels that nobody declared."""
    who, _ = _who_and_when(min(_entries(live), key=_time, default={}))
    return Drift(manifests.title(live), "", "nothing", "there", who, str(live["metadata"].get("creationTimestamp", "")))


def label(live: Object, name: str) -> tuple[str, str]:
    """(who, when) of a label's present value; of one that was removed nobody tells."""
    owners = [
        entry
        for entry in _entries(live)
        if f"f:{name}" in (entry.get("fieldsV1") or {}).get("f:metadata", {}).get("f:labels", {})
    ]
    return _who_and_when(max(owners, key=_time, default={}))


def _entries(live: Object) -> list[dict[str, Any]]:
    return live["metadata"].get("managedFields") or []


def _time(entry: dict[str, Any]) -> str:
    return str(entry.get("time", ""))


def _who_and_when(entry: dict[str, Any]) -> tuple[str, str]:
    return str(entry.get("manager") or NOBODY), _time(entry)


def _foreign(live: Object) -> list[dict[str, Any]]:
    return [
        entry
        for entry in _entries(live)
        if entry.get("manager") not in (*OURS, *_CONTROLLERS) and entry.get("subresource") != "status"
    ]


def _latest(live: Object) -> dict[str, Any]:
    """Who changed the object last, besides ourselves: a removed field has no owner that tells more."""
    return max(_foreign(live), key=_time, default={})


def _add(
    found: dict[str, Drift], title: str, steps: _Steps, before: Any, after: Any, entry: dict[str, Any], live: Object
) -> None:
    path = ".".join(map(_word, steps))
    if path in found or path.startswith(_NOISE):
        return
    secret = live.get("kind") == "Secret" and steps[0] in ("f:data", "f:stringData")
    then, now = (manifests.shown(path, None if one is _ABSENT else one, secret) for one in (before, after))
    if then == now:  # both hidden
        then, now = "a value", "another one"
    found[path] = Drift(title, path, then, now, *_who_and_when(entry))


def _owned(fields: dict[str, Any], steps: _Steps, recorded: Any) -> Iterator[_Steps]:
    """The places of a record; a whole item where it has one that was not declared."""
    inner = {name: value for name, value in fields.items() if name != "."}
    if not inner or (steps and "." in fields and _at(recorded, steps) is _ABSENT):
        if steps:
            yield steps
        return
    for name, value in inner.items():
        yield from _owned(value, (*steps, name), recorded)


def _at(item: Any, steps: _Steps) -> Any:
    """What is at a place of a record: `f:` a key, `k:` an item by its keys, `v:` a member of a set."""
    for step in steps:
        kind, _, name = step.partition(":")
        if kind == "f":
            item = item.get(name, _ABSENT) if isinstance(item, dict) else _ABSENT
        elif kind == "k":
            item = _item(item, json.loads(name))
        else:
            wanted = json.loads(name) if kind == "v" else None
            item = wanted if isinstance(item, list) and wanted in item else _ABSENT
        if item is _ABSENT:
            break
    return item


def _item(items: Any, keys: dict[str, Any]) -> Any:
    """An item may leave out a key that has a default, such as a port's protocol."""
    for one in items if isinstance(items, list) else []:
        if isinstance(one, dict) and all(one.get(key, value) == value for key, value in keys.items()):
            return one
    return _ABSENT


def _lost(recorded: Any, live: Any, steps: _Steps) -> Iterator[tuple[_Steps, Any]]:
    """What was applied and is not there; what is empty or off is left out by the API server itself."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        for name, value in recorded.items():
            if name in ("status", "stringData") or not value:
                continue
            if name not in live:
                yield (*steps, f"f:{name}"), value
            else:
                yield from _lost(value, live[name], (*steps, f"f:{name}"))
    elif isinstance(recorded, list) and isinstance(live, list):
        names = [one.get("name") if isinstance(one, dict) else None for one in recorded]
        for name, value in zip(names, recorded, strict=True):
            if name is None:
                continue
            step = f"k:{json.dumps({'name': name})}"
            there = _item(live, {"name": name})
            if there is _ABSENT:
                yield (*steps, step), value
            else:
                yield from _lost(value, there, (*steps, step))


def _same(before: Any, after: Any) -> bool:
    """Whether both say the same: Kubernetes writes `0.5` as `500m` where it was not changed by hand."""
    return bool(before == after or (not isinstance(before, dict | list) and str(before) == str(after)))


def _word(step: str) -> str:
    kind, _, name = step.partition(":")
    if kind == "f":
        return name
    keys = json.loads(name)
    text = next(iter(keys.values())) if kind == "k" else keys
    return f"[{text}]"
