"""Every image of a cluster's stack from one registry, for a network that reaches no other. Pure."""

from typing import Any

CHART_IMAGES: dict[tuple[str, ...], str] = {
    ("hub", "image"): "quay.io/jupyterhub/k8s-hub",
    ("proxy", "chp", "image"): "quay.io/jupyterhub/configurable-http-proxy",
    ("proxy", "traefik", "image"): "traefik",
    ("proxy", "secretSync", "image"): "quay.io/jupyterhub/k8s-secret-sync",
    ("singleuser", "networkTools", "image"): "quay.io/jupyterhub/k8s-network-tools",
    ("singleuser", "image"): "quay.io/jupyterhub/k8s-singleuser-sample",
    ("scheduling", "userScheduler", "image"): "registry.k8s.io/kube-scheduler",
    ("scheduling", "userPlaceholder", "image"): "registry.k8s.io/pause",
    ("prePuller", "hook", "image"): "quay.io/jupyterhub/k8s-image-awaiter",
    ("prePuller", "pause", "image"): "registry.k8s.io/pause",
}
"""Where the z2jh chart names an image, and which one it is there (values.yaml of 4.2.0 to 4.4.0)."""


def mirrored(image: str, mirror: str) -> str:
    """The address of an image in the mirror: there under its path, without the registry it is from."""
    if image.startswith(f"{mirror}/"):
        return image
    host, slash, path = image.partition("/")
    # A first part with a dot or a colon is a registry (distribution/reference, the rule of Docker).
    named = slash and ("." in host or ":" in host or host == "localhost")
    return f"{mirror}/{path if named else image}"


def with_mirror(values: dict[str, Any], mirror: str | None) -> dict[str, Any]:
    """The chart's values with each image, the chart's own and those of profiles, from the mirror."""
    if not mirror:
        return values
    result: dict[str, Any] = _walked(values, mirror)
    for path, name in CHART_IMAGES.items():
        place = result
        for key in path:
            place = place.setdefault(key, {})
        place["name"] = mirrored(place.get("name") or name, mirror)
    return result


def images(values: Any) -> set[str]:
    """The images that values name as a text: those of profiles, their choices and further containers."""
    if isinstance(values, dict):
        own = {values["image"]} if isinstance(values.get("image"), str) else set()
        return own.union(*(images(value) for value in values.values()))
    return set().union(*map(images, values)) if isinstance(values, list) else set()


def _walked(value: Any, mirror: str) -> Any:
    if isinstance(value, list):
        return [_walked(one, mirror) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: mirrored(one, mirror) if key == "image" and _is_address(one) else _walked(one, mirror)
        for key, one in value.items()
    }


def _is_address(value: Any) -> bool:
    """Not a placeholder, which the edge fills with an image that is a mirrored one already."""
    return isinstance(value, str) and not value.startswith("@")
