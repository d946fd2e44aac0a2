"""Objects that are in the place of a release's own and belong to nobody: made the release's before its first revision.

Helm refuses them otherwise: its label and annotations are how it knows its own (helm.sh/docs, `helm install`, adopting
resources). What another release has is left to Helm's refusal.
"""

from apply import manifests
from apply.kube import Kube, Object, in_parallel

_MANAGER = "helm"
_RELEASE = "meta.helm.sh/release-name"


def take_over(kube: Kube, release: str, namespace: str, text: str) -> None:
    """Mark each object of these manifests that is there and no release's; may be repeated.

    Raises:
        Refused: the API server says no.
    """
    wanted = [manifests.owned(item, release, namespace) for item in manifests.objects(text)]
    in_parallel(lambda item: _mark(kube, item), wanted)


def _mark(kube: Kube, item: Object) -> None:
    path = manifests.address(item)
    live = kube.get(path)
    if live is None or _RELEASE in (live["metadata"].get("annotations") or {}):
        return
    labels = {key: text for key, text in item["metadata"]["labels"].items() if key == "app.kubernetes.io/managed-by"}
    marks = {key: text for key, text in item["metadata"]["annotations"].items() if key.startswith("meta.helm.sh/")}
    metadata = {"name": item["metadata"]["name"], "labels": labels, "annotations": marks}
    kube.apply(path, {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": metadata}, _MANAGER)
