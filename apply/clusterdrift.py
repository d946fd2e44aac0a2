"""What is in a cluster against the last install's releases: changed, removed and added by hand. Reads only."""

import json
from typing import TYPE_CHECKING

from apply import clustervault, fieldowners, generations, manifests, vaultlogin
from apply.drift import Drift, Seen
from apply.generations import INPUT
from apply.kube import Kube, Object, Refused, in_parallel
from apply.manifests import shown
from apply.observation import glance
from apply.plan import Change
from apply.preview import recorded_manifest
from apply.rollout import records
from apply.spawned import owner
from render.artifacts import Artifacts
from render.cluster import NAMESPACE, RELEASES, VAULT
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.target import Tell

_KINDS = {
    "/api/v1": {
        "services": "Service",
        "configmaps": "ConfigMap",
        "secrets": "Secret",
        "serviceaccounts": "ServiceAccount",
        "persistentvolumeclaims": "PersistentVolumeClaim",
    },
    "/apis/apps/v1": {"deployments": "Deployment", "daemonsets": "DaemonSet", "statefulsets": "StatefulSet"},
    "/apis/networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy", "ingresses": "Ingress"},
    "/apis/rbac.authorization.k8s.io/v1": {"roles": "Role", "rolebindings": "RoleBinding"},
    "/apis/batch/v1": {"jobs": "Job", "cronjobs": "CronJob"},
}
"""Where objects with the release's labels are looked for; the items of a list do not say their kind."""
_FORBIDDEN = 403
_COMPONENT, _OF_USERS = "component", "singleuser-"


def seen(target: "ClusterTarget", tell: "Tell") -> Seen:
    """What differs.

    Raises:
        StackError: nothing was installed.
        Refused: a right is missing.
    """
    kube, namespace, stack = target.kube, target.namespace, target.stack
    look = glance(kube, stack)
    if look.namespace is None or not look.generations:
        raise StackError(f"no stack {stack.name} is installed in namespace {namespace}", "inv install")
    last = look.generations[-1]
    made = generations.artifacts(kube, namespace, last)
    tell(f"against generation {last.number} of {last.summary['time']}, by {last.summary['by']}")
    found = _namespace(made, look.namespace)
    declared: set[str] = set()
    for one in json.loads(made[RELEASES]):
        of_helm = kube.items(f"/api/v1/namespaces/{namespace}/secrets", f"owner=helm,name={one['name']}", metadata=True)
        revision, by_hand = _revision(one["name"], of_helm)
        found += by_hand
        items = _recorded(kube, namespace, one["name"], revision)
        declared |= {manifests.address(item) for item in items}
        found += [drift for rows in in_parallel(lambda item: _compared(kube, item), items) for drift in rows]
    strangers, notes = _strangers(kube, namespace, stack.name, declared)
    of_vault, unseen = _vault(target, made)
    return Seen([*found, *strangers, *of_vault], (*notes, *unseen))


def _namespace(made: Artifacts, live: Object) -> list[Drift]:
    wanted, there = json.loads(made[NAMESPACE])["labels"], live["metadata"].get("labels", {})
    title = f"Namespace {live['metadata']['name']}"
    return [
        Drift(title, f"metadata.labels.{name}", value, there.get(name, "nothing"), *fieldowners.label(live, name))
        for name, value in wanted.items()
        if there.get(name) != value
    ]


def _revision(name: str, of_helm: list[Object]) -> tuple[int, list[Drift]]:
    """The newest revision that install made, and what Helm was told by hand after it."""
    found = records(of_helm, name)
    ours = [revision for revision, _, labels in found if INPUT in labels]
    last = ours[-1] if ours else 0
    if not last:
        return 0, [Drift(f"release {name}", "", "there", "nothing")]
    if found[-1][0] == last:
        return last, []
    return last, [Drift(f"release {name}", "revision", str(last), f"{found[-1][0]}, by Helm alone")]


def _recorded(kube: Kube, namespace: str, release: str, revision: int) -> list[Object]:
    text = recorded_manifest(kube, namespace, release, revision)
    return [manifests.owned(item, release, namespace) for item in manifests.objects(text)]


def _compared(kube: Kube, item: Object) -> list[Drift]:
    live = kube.get(manifests.address(item))
    if live is None:
        return [Drift(manifests.title(item), "", "there", "nothing")]
    return fieldowners.drifts(item, live)


def _strangers(kube: Kube, namespace: str, stack: str, declared: set[str]) -> tuple[list[Drift], list[str]]:
    """Objects with the release's labels that no release has, and what may not be looked at."""
    selectors = (f"app.kubernetes.io/instance in ({stack},{stack}-extras)", f"release={stack}")
    kinds = {f"{root}/namespaces/{namespace}/{name}": kind for root, of in _KINDS.items() for name, kind in of.items()}
    asked = [(path, selector) for path in kinds for selector in selectors]
    found: dict[str, Drift] = {}
    hidden: set[str] = set()

    def listed(place: tuple[str, str]) -> tuple[str, list[Object] | None]:
        try:
            return place[0], kube.items(*place)
        except Refused as refusal:
            if refusal.status != _FORBIDDEN:
                raise
            return place[0], None

    for path, items in in_parallel(listed, asked):
        if items is None:
            hidden.add(path.rpartition("/")[2])
        for item in items or []:
            place = f"{path}/{item['metadata']['name']}"
            if place not in declared and not _is_expected(item):
                found[place] = fieldowners.added({**item, "kind": kinds[path]})
    return list(found.values()), [f"{name} of the namespace may not be listed" for name in sorted(hidden)]


def _is_expected(item: Object) -> bool:
    """What Kubernetes, KubeSpawner or a chart's hook makes; a home belongs to its user."""
    metadata = item["metadata"]
    if metadata.get("ownerReferences") or owner(item):
        return True
    hook = "helm.sh/hook" in (metadata.get("annotations") or {})
    return hook or str((metadata.get("labels") or {}).get(_COMPONENT, "")).startswith(_OF_USERS)


def _vault(target: "ClusterTarget", made: Artifacts) -> tuple[list[Drift], tuple[str, ...]]:
    """Policies and roles in Vault, where a credential is there to look."""
    if VAULT not in made:
        return [], ()
    changes, unseen = clustervault.examine(target, json.loads(made[VAULT]), vaultlogin.credential())
    return [_of_vault(change) for change in changes], unseen


def _of_vault(change: Change) -> Drift:
    now = ", ".join(change.details) or ("nothing" if change.action == "create" else "otherwise")
    return Drift(change.what, "", "as declared", shown("", now, False))
