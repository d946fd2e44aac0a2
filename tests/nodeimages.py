"""The images that a test cluster's nodes have."""

from apply.kube import Kube


def image_names(kube: Kube) -> set[str]:
    """As the nodes report them; an image that lost its tag has no name."""
    nodes = kube.items("/api/v1/nodes")
    return {name for node in nodes for image in node["status"].get("images", []) for name in image.get("names") or []}
