"""The profiles users see: built-in ones with the file's changes, then the file's own. Pure."""

from dataclasses import dataclass, replace

from spec.images import DATASTACK, DATASTACK_CUDA, BuiltImage, address, built_images
from spec.model import Stack
from spec.model_profiles import CpuAmounts, MemoryAmounts, Profile, ProfileGpu

_DOCKER_STACKS = "2026-05-31"
"""Tag of the Jupyter Docker Stacks images (jupyter/docker-stacks publishes one a week)."""


@dataclass(frozen=True)
class EffectiveProfile:
    """A profile with nothing left open."""

    slug: str
    display_name: str
    description: str
    image: str
    enabled: bool
    default: bool
    packages: tuple[str, ...] | None
    """Of the local target's environment: empty is the hub's own, None is none."""
    gpu: ProfileGpu
    cpu: CpuAmounts
    memory: MemoryAmounts
    declared: Profile


@dataclass(frozen=True)
class StartedImage:
    """An image, by a profile or by one of its choices."""

    profile: EffectiveProfile
    address: str
    declared: str
    """As the stack file has it; empty for that of a built-in profile."""


@dataclass(frozen=True)
class _BuiltIn:
    display_name: str
    description: str
    image: str
    packages: tuple[str, ...] | None = None
    gpu: int = 0


def _jupyter(name: str) -> str:
    return f"quay.io/jupyter/{name}-notebook:{_DOCKER_STACKS}"


_DATASCIENCE = ("numpy", "pandas", "scipy", "matplotlib", "scikit-learn", "seaborn", "openpyxl")
BUILT_IN: dict[str, _BuiltIn] = {
    "minimal": _BuiltIn("Minimal", "Python and a terminal", _jupyter("minimal"), ()),
    "base": _BuiltIn("Base", "Python alone", _jupyter("base"), ()),
    "datascience": _BuiltIn("Data Science", "pandas, SciPy, scikit-learn", _jupyter("datascience"), _DATASCIENCE),
    "pyspark": _BuiltIn("Python and Spark", "Apache Spark", _jupyter("pyspark")),
    "pytorch": _BuiltIn("PyTorch", "Deep learning with PyTorch", _jupyter("pytorch")),
    "tensorflow": _BuiltIn("TensorFlow", "Deep learning with TensorFlow", _jupyter("tensorflow")),
    "buun-stack": _BuiltIn("Buun-stack", "Data science with the secret store", DATASTACK),
    "buun-stack-cuda": _BuiltIn("Buun-stack with CUDA", "The same with GPUs", DATASTACK_CUDA, gpu=1),
}
"""The seed's eight, in its order; the last two are built into the registry of `images`."""
ENABLED_BY_DEFAULT = "datascience"


def effective_profiles(stack: Stack) -> list[EffectiveProfile]:
    """All profiles, built-in ones first; exactly one enabled profile (if there is one) is the default."""
    slugs = [*BUILT_IN, *(slug for slug in stack.profiles if slug not in BUILT_IN)]
    found = [_effective(stack, slug) for slug in slugs]
    chosen = next((profile.slug for profile in found if profile.enabled and profile.default), None)
    chosen = chosen or next((profile.slug for profile in found if profile.enabled), None)
    return [_with_default(profile, profile.slug == chosen) for profile in found]


def used_images(stack: Stack) -> list[BuiltImage]:
    """The images of this stack that an enabled profile uses, and all custom ones."""
    used = {one.address for one in started_images(stack).values()}
    return [image for image in built_images(stack).values() if image.reference in used or image.custom is not None]


def started_images(stack: Stack) -> dict[str, StartedImage]:
    """By key of the stack file, what servers of the enabled profiles start."""
    found = {}
    for profile in effective_profiles(stack):
        if profile.enabled:
            where = f"profiles.{profile.slug}"
            found[f"{where}.image"] = StartedImage(profile, profile.image, profile.declared.image or "")
            for option, choices in profile.declared.choices.items():
                for name, choice in choices.items():
                    if choice.image:
                        key = f"{where}.choices.{option}.{name}.image"
                        found[key] = StartedImage(profile, address(stack, choice.image), choice.image)
    return {key: one for key, one in found.items() if one.address}


def _effective(stack: Stack, slug: str) -> EffectiveProfile:
    declared = stack.profiles.get(slug, Profile())
    base = BUILT_IN.get(slug, _BuiltIn(slug, "", ""))
    enabled = declared.enabled
    if enabled is None:
        enabled = slug == ENABLED_BY_DEFAULT or slug not in BUILT_IN
    packages = base.packages if declared.packages is None else tuple(declared.packages)
    return EffectiveProfile(
        slug=slug,
        display_name=declared.display_name or base.display_name,
        description=base.description if declared.description is None else declared.description,
        image=_image(stack, declared.image or base.image),
        enabled=enabled,
        default=declared.default,
        packages=packages,
        gpu=declared.gpu or ProfileGpu(limit=base.gpu and stack.gpu.limit),
        cpu=declared.cpu,
        memory=declared.memory,
        declared=declared,
    )


def _image(stack: Stack, image: str) -> str:
    """The address of an image; one that the stack builds may be called by its name alone."""
    names = {DATASTACK: stack.images.name, DATASTACK_CUDA: stack.images.cuda_name}
    return address(stack, names.get(image, image))


def _with_default(profile: EffectiveProfile, default: bool) -> EffectiveProfile:
    return replace(profile, default=default)
