"""Where in the stack file a value of the z2jh chart comes from. Pure."""

from typing import Any

from spec.model import Stack

Path = tuple[str | int, ...]

_PLACES: tuple[tuple[Path, Path], ...] = (
    (("singleuser", "profileList"), ("profiles",)),
    (("singleuser", "storage", "extraVolumes"), ("storage", "volumes")),
    (("singleuser", "storage", "extraVolumeMounts"), ("storage", "volumes")),
    (("singleuser", "storage"), ("storage",)),
    (("singleuser", "fsGid"), ("storage", "fs_group")),
    (("singleuser", "extraEnv"), ("notebook", "environment")),
    (("singleuser", "networkPolicy"), ("egress",)),
    (("singleuser", "image"), ("profiles",)),
    (("ingress",), ("ingress",)),
    (("httpRoute",), ("ingress",)),
    (("proxy", "service", "annotations"), ("ingress", "sticky_cookie")),
    (("cull",), ("culling",)),
    (("prePuller",), ("notebook", "pre_pull")),
    (("scheduling",), ("notebook", "placeholders")),
    (("imagePullSecrets",), ("images", "pull_secrets")),
    (("hub", "db"), ("storage", "class_name")),
)
"""Place in the values -> place in the stack file; the first that fits counts."""


def origin(path: Path, values: dict[str, Any], stack: Stack) -> Path:
    """The place in the stack file; that of `chart_values` where the site has written the value itself.

    Args:
        path: in the values; it need not lead anywhere.
        values: that were rendered for the stack.
    """
    if own := _of_site(path, stack.chart_values):
        return ("chart_values", *own)
    if path[:2] == ("singleuser", "profileList") and len(path) > 2 and isinstance(path[2], int):
        return ("profiles", str(values["singleuser"]["profileList"][path[2]].get("slug", "")))
    return next((place for start, place in _PLACES if path[: len(start)] == start), ("chart",))


def _of_site(path: Path, values: Any) -> Path:
    """As much of the path as the site's own values have; nothing where a part above it is not theirs."""
    found: list[str | int] = []
    for step in path:
        if isinstance(values, dict):
            if step not in values:
                return ()
            values = values[step]
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        else:
            break
        found.append(step)
    return tuple(found)
