"""Whether a cluster can take a stack, found out before anything is touched."""

import json
from typing import TYPE_CHECKING

from apply.chartschema import schema_problems
from apply.clusterplan import WantedRelease
from apply.kube import Kube
from apply.observation import Observed
from apply.prerequisites import Finding, absent, kube_version_misfit
from apply.releases import Releases
from apply.target import Options
from render.artifacts import Artifacts
from render.cluster import HOMES, NEEDS
from spec.document import Document
from spec.errors import SpecError, StackError, TargetUnreachable
from spec.load import document_of

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_NAMED_USERS = 8


def check(
    target: "ClusterTarget",
    artifacts: Artifacts,
    wanted: list[WantedRelease],
    observed: Observed,
    releases: Releases,
    options: Options,
) -> tuple[str, ...]:
    """Warnings about what the cluster lacks; what the stack cannot do without ends here.

    Raises:
        TargetUnreachable: something is missing, each with its line and what to do.
        SpecError: the chart refuses a value.
        StackError: users would get new, empty homes.
    """
    document = document_of(target.file)
    _check_profiles(artifacts)
    _check_versions(releases, artifacts, observed)
    _check_homes(artifacts, observed, options)
    found = _absent(target.kube, target.namespace, artifacts)
    if fatal := [one for one in found if one.fatal]:
        raise _missing(fatal, document)
    _check_schema(target, artifacts, wanted, observed, releases, document)
    return tuple(f"{one.path}: {one.message}" for one in found)


def _absent(kube: Kube, namespace: str, artifacts: Artifacts) -> list[Finding]:
    return absent(kube, namespace, json.loads(artifacts[NEEDS]))


def _missing(found: list[Finding], document: Document) -> TargetUnreachable:
    problems = [document.problem(tuple(one.path.split(".")), one.message, one.hint) for one in found]
    count = f"{len(problems)} thing{'' if len(problems) == 1 else 's'}"
    summary = f"the cluster lacks {count} that the stack needs; nothing was changed."
    return TargetUnreachable("\n\n".join([*(str(one) for one in sorted(problems)), summary]))


def _check_profiles(artifacts: Artifacts) -> None:
    if not json.loads(artifacts["jupyterhub.json"])["singleuser"]["profileList"]:
        message = "no profile can be offered: each asks for a GPU, and the cluster has none; nothing was changed"
        raise TargetUnreachable(message, hint="add a profile without one: minimal: {enabled: true}")


def _check_versions(releases: Releases, artifacts: Artifacts, observed: Observed) -> None:
    chart, _ = releases.z2jh(artifacts)
    if words := kube_version_misfit(str(chart.facts().get("kubeVersion", "")), observed.kube_version):
        hint = "upgrade the cluster, or name an older chart.version"
        raise TargetUnreachable(f"{words}; nothing was changed", hint)


def _check_homes(artifacts: Artifacts, observed: Observed, options: Options) -> None:
    """zero-to-jupyterhub-k8s #3574 and kubespawner #937: upgrades that gave users new, empty homes."""
    before = json.loads(observed.before.get(HOMES, "null"))
    after = json.loads(artifacts[HOMES])
    if before is None or before == after or options.new_homes:
        return
    users = sorted(set(observed.homes.values()))
    if before["storage.kind"] == "dynamic" and not users:
        return
    changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    lines = [f"  {key}: {before.get(key, 'nothing')} -> {after.get(key, 'nothing')}" for key in changed]
    shown = ", ".join(users[:_NAMED_USERS]) + (f" and {len(users) - _NAMED_USERS} more" if users[_NAMED_USERS:] else "")
    whose = shown or "everybody whose home is on the volume"
    message = f"homes would be new and empty for {whose}; nothing was changed:\n" + "\n".join(lines)
    raise StackError(message, hint="copy the homes first, then inv install --new-homes; the old ones are left alone")


def _check_schema(
    target: "ClusterTarget",
    artifacts: Artifacts,
    wanted: list[WantedRelease],
    observed: Observed,
    releases: Releases,
    document: Document,
) -> None:
    """Helm checks every time; this explains what it says only where the site itself has written values."""
    if not target.stack.chart_values:
        return
    chart, values = releases.z2jh(artifacts)
    if any(one.values == values and releases.applied(observed.records, one) for one in wanted):
        return
    if problems := schema_problems(chart, json.loads(artifacts[values]), target.stack, document):
        raise SpecError(problems)
