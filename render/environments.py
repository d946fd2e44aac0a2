"""Profiles of the local target as Python environments. Pure; reads only this repository's files."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

from render import mcp
from spec.model import Stack
from spec.profiles import EffectiveProfile, effective_profiles

_BASE = ("jupyterhub", "jupyterlab", "ipykernel", "urllib3")
"""What every notebook server needs: itself, a kernel, and the secret store's one dependency."""
_SHARED = "notebook"
"""Begins the id of the environment of all profiles without packages of their own."""
_GPU_REASON = "needs a GPU, which the local target does not hand out"
_IMAGE_REASON = "is a container image; to use it on this machine, list its `packages`"


def environments(stack: Stack) -> dict[str, list[str]]:
    """Environment id -> requirements, for each enabled profile that needs more than the interpreter has."""
    found = {}
    for profile in effective_profiles(stack):
        if profile.enabled and (identity := environment_id(stack, profile)):
            found[identity] = requirements(stack, profile)
    return dict(sorted(found.items()))


def environment_id(stack: Stack, profile: EffectiveProfile) -> str | None:
    """`<slug>-<hash of the requirements>`; None where the interpreter's own packages serve.

    Profiles without packages of their own share one, where servers need more than the interpreter has.
    """
    if unavailable_reason(profile) or not (profile.packages or mcp.requirements(stack)):
        return None
    digest = hashlib.sha256("\n".join(requirements(stack, profile)).encode()).hexdigest()
    return f"{profile.slug if profile.packages else _SHARED}-{digest[:12]}"


def unavailable_reason(profile: EffectiveProfile) -> str:
    """Why a profile cannot be started on the local target; empty when it can."""
    if profile.packages is None:
        return f"{profile.image} {_IMAGE_REASON}"
    return _GPU_REASON if profile.gpu.limit else ""


def requirements(stack: Stack, profile: EffectiveProfile) -> list[str]:
    """The packages of a profile and those every server needs, pinned as the hub's own are."""
    return [*_base_requirements(), *mcp.requirements(stack), *(profile.packages or [])]


@cache
def _base_requirements() -> tuple[str, ...]:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    pins = [pin.split(";")[0].strip() for pin in project["tool"]["uv"]["constraint-dependencies"]]
    return tuple(pin for pin in pins if pin.split("==")[0] in _BASE)
