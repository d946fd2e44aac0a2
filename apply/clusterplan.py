"""What would change in a cluster: wanted against observed, layer by layer. Pure."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apply import keys, manifests, servicetoken
from apply.observation import Glance, Observed
from apply.plan import EFFECTS, Change
from apply.preview import Preview
from apply.rollout import records
from render.artifacts import Artifacts
from render.cluster import NAMESPACE, VAULT
from spec.model import Stack

_FILES = "hub.extraFiles"
_TEMPLATE = "spec.template"
_SHOWN_DETAILS = 40


@dataclass(frozen=True)
class WantedRelease:
    """One release of the artifacts, ready to be applied."""

    name: str
    chart: str
    """Its name and version."""
    path: Path
    """Where the chart lies."""
    values: str
    """The artifact with its values."""
    input: str
    """Fingerprint of chart and values."""


def changes(
    stack: Stack, artifacts: Artifacts, observed: Observed, wanted: list[WantedRelease], previews: list[Preview]
) -> list[Change]:
    """In the order in which they are made; empty when the cluster agrees with the artifacts."""
    found = [*namespace_changes(artifacts, observed.glance), *_key_changes(artifacts, observed)]
    found += servicetoken.changes(stack, observed.service_token, observed.keys, keeps_service_token(artifacts))
    for release in wanted:
        of_it = [preview for preview in previews if preview.release == release.name]
        found += _release_changes(release, artifacts, observed, of_it)
    return found


def namespace_changes(artifacts: Artifacts, seen: Glance) -> list[Change]:
    """The namespace and its labels."""
    wanted = json.loads(artifacts[NAMESPACE])
    what = f"namespace {wanted['name']}"
    if seen.namespace is None:
        labels = tuple(f"{key}: {value}" for key, value in wanted["labels"].items())
        return [Change("create", what, labels, layer="namespace")]
    there = seen.namespace["metadata"].get("labels", {})
    details = tuple(
        f"{key}: {there.get(key, 'nothing')} -> {value}"
        for key, value in wanted["labels"].items()
        if there.get(key) != value
    )
    return [Change("update", what, details, layer="namespace")] if details else []


def keeps_service_token(artifacts: Artifacts) -> bool:
    """Whether Vault keeps the token of the admin service and an operator brings it."""
    return VAULT in artifacts and "service" in json.loads(artifacts[VAULT])


def layer(release: str) -> str:
    """How the changes of a release stand together in a plan."""
    return f"release {release}"


def needed_keys(artifacts: Artifacts) -> set[str]:
    """The secrets that the artifacts ask for."""
    return set().union(*(keys.needed(text) for text in artifacts.values()))


def _key_changes(artifacts: Artifacts, observed: Observed) -> list[Change]:
    made = keys.missing(needed_keys(artifacts), observed.keys, observed.of_chart)
    adopted = {name for name in made if keys.adopted(name, observed.of_chart)}
    kept = ("that of the running hub is kept",)
    return [Change("create", f"secret {name}", kept if name in adopted else (), layer="secrets") for name in made]


def _release_changes(
    release: WantedRelease, artifacts: Artifacts, observed: Observed, previews: list[Preview]
) -> list[Change]:
    name = layer(release.name)
    objects = [change for preview in previews if (change := _object_change(preview, name))]
    found = records(observed.records, release.name)
    if not found:
        if not objects:
            return []
        return [Change("create", f"{name} (chart {release.chart})", layer=name), *objects]
    _, status, labels = found[-1]
    details = _values(release, artifacts, observed)
    if not objects and not details and status == "deployed" and labels.get("buunstack/input") == release.input:
        return []
    if status != "deployed":
        details = (f"it was left {status}", *details)
    return [Change("update", f"{name} (chart {release.chart})", details, layer=name), *objects]


def _object_change(preview: Preview, part: str) -> Change | None:
    if preview.live is None:
        return Change("create", preview.title, layer=part)
    if preview.after is None:
        return Change("remove", preview.title, layer=part)
    details = manifests.differences(preview.live, preview.after)
    if not details:
        return None
    restarts = any(detail.startswith(_TEMPLATE) for detail in details)
    name = str(preview.live["metadata"]["name"])
    effect = EFFECTS.get(name, "") if restarts and preview.live.get("kind") == "Deployment" else ""
    return Change("update", preview.title, details[:_SHOWN_DETAILS], effect, part)


def _values(release: WantedRelease, artifacts: Artifacts, observed: Observed) -> tuple[str, ...]:
    """The values by path; the hub's files are only counted, since a line of code tells nobody anything here."""
    before, after = (json.loads(made.get(release.values, "{}")) for made in (observed.before, artifacts))
    if not observed.before:
        return ()
    lines = manifests.value_differences(before, after)
    plain = [line for line in lines if not line.startswith(_FILES)]
    files = len(_differing_files(before, after))
    return (*plain, *([f"{_FILES}: {files} of the hub's files differ"] if files else []))


def _differing_files(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    old, new = (made.get("hub", {}).get("extraFiles", {}) for made in (before, after))
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
