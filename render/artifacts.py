"""The one list of renderers: a stack becomes the files of its target. Pure."""

from render.cluster import cluster_artifacts
from render.found import Found
from render.local import local_artifacts
from spec.model import Stack

Artifacts = dict[str, str]
"""Path -> text, sorted by path; the same bytes for the same stack."""

_NOTHING_FOUND = Found()


def render(stack: Stack, found: Found = _NOTHING_FOUND) -> Artifacts:
    """Everything the stack's target is made from.

    Args:
        found: what a cluster has; settings that say `auto` follow it.
    """
    made = cluster_artifacts(stack, found) if stack.target.kind == "kubernetes" else local_artifacts(stack)
    return dict(sorted(made.items()))
