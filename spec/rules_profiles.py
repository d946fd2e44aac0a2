"""Rules of `profiles` and `gpu`. Pure."""

import re
from collections.abc import Iterator

from spec.document import Document, Path
from spec.images import built_images
from spec.model import Stack
from spec.problems import Problem
from spec.profiles import BUILT_IN, EffectiveProfile, effective_profiles
from spec.quantities import bytes_of, cores

_VERSION = r"(===|==|~=|!=|<=|>=|<|>) *[A-Za-z0-9.*+!_-]+ *"
REQUIREMENT = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._, -]+\])? *"
    rf"({_VERSION}(, *{_VERSION})*)?(;.+)?\Z"
)
"""Name, extras, versions and marker (packaging.python.org, dependency specifiers); no addresses, no options."""
_FLOATING = {"", "latest", "stable", "edge", "nightly", "main", "master"}


def one_default_profile(stack: Stack, document: Document) -> Iterator[Problem]:
    """At most one default, among those offered; and something to offer."""
    profiles = {profile.slug: profile for profile in effective_profiles(stack)}
    defaults = [slug for slug, declared in stack.profiles.items() if declared.default]
    for slug in defaults[1:]:
        message = f"there is a default already: {defaults[0]}"
        yield document.problem(("profiles", slug, "default"), message, "false")
    for slug in defaults:
        if not profiles[slug].enabled:
            message = "the default profile is not enabled"
            yield document.problem(("profiles", slug, "default"), message, "enabled: true")
    if not any(profile.enabled for profile in profiles.values()):
        yield document.problem(
            ("profiles",), "no profile is enabled, so nobody could start a server", "minimal: {enabled: true}"
        )


def own_profiles_are_complete(stack: Stack, document: Document) -> Iterator[Problem]:
    """A profile that is not built in has no name and no image but its own."""
    for slug, profile in stack.profiles.items():
        if slug in BUILT_IN:
            continue
        path: Path = ("profiles", slug)
        if not profile.display_name:
            yield document.problem(path, "a profile of one's own needs a display_name", "display_name: …", at_key=True)
        if not profile.image and (stack.target.kind != "local" or profile.packages is None):
            word = "an image, or packages" if stack.target.kind == "local" else "an image"
            yield document.problem(
                path, f"a profile of one's own needs {word}", "image: registry.example.net/name:1.0", at_key=True
            )


def gpu_profiles_need_gpus(stack: Stack, document: Document) -> Iterator[Problem]:
    """With GPUs off such a server would wait for one for ever."""
    if stack.gpu.enabled is not False:
        return
    if stack.gpu.all_profiles:
        yield document.problem(("gpu", "all_profiles"), "asks for GPUs, and gpu.enabled is false", "false")
    for profile in effective_profiles(stack):
        path: Path = ("profiles", profile.slug)
        places: list[Path] = [(*path, "gpu", "limit")] if profile.gpu.limit else []
        for name, values in profile.declared.choices.items():
            places += [(*path, "choices", name, value) for value in values if (values[value].gpu or profile.gpu).limit]
        for place in places if profile.enabled else []:
            hint = "gpu.enabled: auto, or enabled: false in the profile"
            shown = place if document.has(place) else path
            yield document.problem(shown, "asks for a GPU, and gpu.enabled is false", hint)


def images_are_pinned(stack: Stack, document: Document) -> Iterator[Problem]:
    """An image that changes below a running stack cannot be planned or taken back."""
    images: list[tuple[Path, str | None]] = [
        (("images", "base"), stack.images.base),
        (("images", "cuda_base"), stack.images.cuda_base),
    ]
    for slug, profile in stack.profiles.items():
        images.append((("profiles", slug, "image"), profile.image))
        for name, values in profile.choices.items():
            path: Path = ("profiles", slug, "choices", name)
            images += [((*path, value, "image"), choice.image) for value, choice in values.items()]
    for path, image in images:
        if image and "@" not in image and image not in built_images(stack):
            folder, slash, last = image.rpartition("/")
            name, _, tag = last.partition(":")
            if tag in _FLOATING:
                hint = f"{folder}{slash}{name}:1.0, or a digest"
                yield document.problem(path, "the image has no fixed tag", hint)


def amounts_fit(stack: Stack, document: Document) -> Iterator[Problem]:
    """A guarantee above the limit can never be met."""
    for profile in effective_profiles(stack):
        yield from _amount(document, profile, "memory")
        yield from _amount(document, profile, "cpu")


def packages_are_requirements(stack: Stack, document: Document) -> Iterator[Problem]:
    """Names and versions only: an option or an address would be read by the installer."""
    for slug, profile in stack.profiles.items():
        for number, requirement in enumerate(profile.packages or []):
            if not REQUIREMENT.match(requirement.strip()):
                path: Path = ("profiles", slug, "packages", number)
                yield document.problem(path, f"{requirement!r} is not a package with versions", "pandas>=2,<3")


def _amount(document: Document, profile: EffectiveProfile, name: str) -> Iterator[Problem]:
    amounts = getattr(profile, name)
    if amounts.guarantee is None or amounts.limit is None:
        return
    number = bytes_of if name == "memory" else cores
    if number(amounts.guarantee) > number(amounts.limit):
        path: Path = ("profiles", profile.slug, name, "guarantee")
        less, more = _written(amounts.limit), _written(amounts.guarantee)
        yield document.problem(path, f"{more} is more than the limit {less}", less)


def _written(amount: str | float) -> str:
    return amount if isinstance(amount, str) else f"{amount:g}"
