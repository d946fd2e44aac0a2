"""Rendered manifests as objects with their addresses, and what differs between two states of one. Pure."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import yaml
from yaml.cyaml import CSafeLoader

from spec.secrecy import names_secret

Object = dict[str, Any]

_CLUSTER_WIDE = {
    "Namespace": "namespaces",
    "PersistentVolume": "persistentvolumes",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "PriorityClass": "priorityclasses",
    "RuntimeClass": "runtimeclasses",
}
_IRREGULAR = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses", "Gateway": "gateways"}
_SERVERS_OWN = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_LONGEST_VALUE = 120


def objects(text: str) -> list[Object]:
    """The objects of a chart's output; hooks are left out, since they come and go with each upgrade."""
    loaded = yaml.load_all(text, Loader=CSafeLoader)
    found = [item for item in loaded if isinstance(item, dict) and item.get("kind")]
    return [item for item in found if "helm.sh/hook" not in (item["metadata"].get("annotations") or {})]


def owned(item: Object, release: str, namespace: str) -> Object:
    """The object with what Helm adds to it, else every comparison would show these."""
    metadata = dict(item["metadata"])
    if item["kind"] not in _CLUSTER_WIDE:
        metadata.setdefault("namespace", namespace)
    metadata["labels"] = {**(metadata.get("labels") or {}), "app.kubernetes.io/managed-by": "Helm"}
    helm = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **helm}
    return {**item, "metadata": metadata}


def address(item: Object) -> str:
    """The object's path in the API; a kind's plural is regular but for the few that are named here."""
    kind, version, metadata = item["kind"], item["apiVersion"], item["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    if kind in _CLUSTER_WIDE:
        return f"{root}/{_CLUSTER_WIDE[kind]}/{quote(metadata['name'], safe='')}"
    plural = _IRREGULAR.get(kind) or f"{kind.lower()}{'es' if kind.endswith(('s', 'x')) else 's'}"
    return f"{root}/namespaces/{metadata['namespace']}/{plural}/{quote(metadata['name'], safe='')}"


def title(item: Object) -> str:
    """How the object is called in a plan."""
    return f"{item['kind']} {item['metadata']['name']}"


def differences(before: Object, after: Object) -> tuple[str, ...]:
    """`path: old -> new` for each leaf that differs; of a Secret only the names of what changed."""
    secret = after.get("kind") == "Secret"
    leaves = _leaves(_comparable(before), _comparable(after), "")
    return tuple(_line(path, old, new, secret and path.startswith("data")) for path, old, new in leaves)


def holds(live: Any, wanted: Any) -> bool:
    """Whether a live object has all that is wanted, to the letter; lists of other lengths are not compared further."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return all(key in live and holds(live[key], value) for key, value in wanted.items())
    if isinstance(live, list) and isinstance(wanted, list):
        return len(live) == len(wanted) and all(map(holds, live, wanted))
    return bool(live == wanted)


def value_differences(before: Object, after: Object) -> tuple[str, ...]:
    """The same of a release's values."""
    return tuple(_line(path, old, new, False) for path, old, new in _leaves(before, after, ""))


def shown(path: str, value: Any, hidden: bool) -> str:
    """One value of an object in words; what may be a secret by its name is not shown."""
    return "a value" if value is not None and _hides(path, hidden) else _shown(value)


def _line(path: str, old: Any, new: Any, hidden: bool) -> str:
    if _hides(path, hidden):
        return f"{path}: changed"
    return f"{path}: {_shown(old)} -> {_shown(new)}"


def _hides(path: str, hidden: bool) -> bool:
    return hidden or any(names_secret((step.strip("[]"),)) for step in path.split("."))


def _comparable(item: Object) -> Object:
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key not in _SERVERS_OWN}
    return {key: value for key, value in item.items() if key != "status"} | {"metadata": metadata}


def _leaves(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    if isinstance(before, list) and isinstance(after, list):
        before, after = _keyed(before), _keyed(after)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*map(str, before), *map(str, after)}):
            yield from _leaves(before.get(key), after.get(key), f"{path}.{key}" if path else key)
        return
    yield path, before, after


def _keyed(items: list[Any]) -> dict[str, Any]:
    """A list by the names of its items, as Kubernetes merges it, else by their places."""
    names = [item.get("name") or item.get("slug") if isinstance(item, dict) else None for item in items]
    if all(names) and len(set(names)) == len(names):
        return {f"[{name}]": item for name, item in zip(names, items, strict=True)}
    return {f"[{number}]": item for number, item in enumerate(items)}


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str) and "\n" in value.strip():
        return f"a text of {value.strip().count(chr(10)) + 1} lines"
    text = value if isinstance(value, str) else json.dumps(_masked(value), ensure_ascii=False)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _masked(value: Any) -> Any:
    """A whole subtree without what may be a secret by its key, or by its name as in a list of variables."""
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, dict):
        return value
    hidden = names_secret((str(value.get("name", "")),))
    return {
        key: "…" if names_secret((str(key),)) or (hidden and key == "value") else _masked(item)
        for key, item in value.items()
    }
