"""The profiles of a running release as those of a stack file. Pure."""

import re
from typing import Any

from spec.profiles import BUILT_IN

_JUPYTER = re.compile(r"quay\.io/jupyter/([a-z]+)-notebook(?::.+)?")
_BUILT = {"Buun-stack": "buun-stack", "Buun-stack with CUDA": "buun-stack-cuda"}
"""How buun-stack calls those with images of its own."""
_IMAGE = re.compile(r"(?P<registry>[^/]+(?:/[^/]+)*)/(?P<name>[^/:@]+):(?P<tag>[^:@]+)")
_NAMES = {"buun-stack": "name", "buun-stack-cuda": "cuda_name"}
_TITLE = re.compile(r"[^a-z0-9]+")


def profiles(offered: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """(the profiles, and beside them `images`: what of that section follows; words on what became of a profile).

    Those of buun-stack keep their places; others become profiles of one's own, whose further settings go into `pod`.
    """
    found: dict[str, Any] = {}
    images: dict[str, Any] = {}
    notes: list[str] = []
    for number, entry in enumerate(offered):
        override = dict(entry.get("kubespawner_override") or {})
        image = str(override.pop("image", ""))
        slug, fresh = _known(entry, image), False
        if slug is None:
            slug, fresh = _slug(entry, found, number), True
        built = _IMAGE.fullmatch(image) if slug in _NAMES else None
        if built:
            images |= {"registry": built["registry"], "tag": built["tag"], _NAMES[slug]: built["name"]}
        profile: dict[str, Any] = {"enabled": True}
        if entry.get("default") or (number == 0 and not any(one.get("default") for one in offered)):
            profile["default"] = True
        if fresh:
            profile |= {"display_name": entry.get("display_name", slug), "image": image}
            if text := entry.get("description"):
                profile["description"] = text
        if override:
            profile["pod"] = override
        if "profile_options" in entry:
            notes.append(f"profile {slug}: its further choices are left out (profiles.{slug}.choices)")
        found[slug] = profile
    if "datascience" not in found:
        found["datascience"] = {"enabled": False}
    return {"images": images, **found}, notes


def _known(entry: dict[str, Any], image: str) -> str | None:
    if (slug := _BUILT.get(str(entry.get("display_name")))) is not None:
        return slug
    jupyter = _JUPYTER.fullmatch(image)
    return jupyter[1] if jupyter and jupyter[1] in BUILT_IN else None


def _slug(entry: dict[str, Any], taken: dict[str, Any], number: int) -> str:
    text = str(entry.get("slug") or entry.get("display_name") or f"profile-{number}").lower()
    slug = _TITLE.sub("-", text).strip("-")[:60] or f"profile-{number}"
    return slug if slug not in taken else f"{slug[:56]}-{number}"
