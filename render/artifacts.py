"""The one list of renderers: a stack becomes the files of its target. Pure."""

from render.local import local_artifacts
from spec.model import Stack

Artifacts = dict[str, str]
"""Path -> text, sorted by path; the same bytes for the same stack."""


def render(stack: Stack) -> Artifacts:
    """Everything the stack's target is made from."""
    return dict(sorted(local_artifacts(stack).items()))
