"""The images a stack builds: their names, bases and package groups. Pure."""

from dataclasses import dataclass

from spec.model import Stack
from spec.model_images import CustomImage, PackageGroups

GROUPS = tuple(name.replace("_", "-") for name in PackageGroups.__struct_fields__)
"""In the order of their layers; a list of each is in `images/groups`."""
BASE = "quay.io/jupyter/pytorch-notebook:python-3.12.10"
CUDA_BASE = "quay.io/jupyter/pytorch-notebook:x86_64-cuda12-python-3.12.10"
"""Jupyter Docker Stacks with the Python that buun-stack's images have (its document, Building GPU-Enabled Images)."""
DATASTACK, DATASTACK_CUDA = "datastack-notebook", "datastack-cuda-notebook"
"""The folders of the two images that come with the platform."""


@dataclass(frozen=True)
class BuiltImage:
    """An image that this stack builds."""

    name: str
    """In the registry, and on a command line."""
    reference: str
    folder: str
    """Below `images/`; empty for a custom one."""
    base: str = ""
    custom: CustomImage | None = None

    @property
    def cuda(self) -> bool:
        """Whether it is the one for GPUs."""
        return self.folder == DATASTACK_CUDA


def built_images(stack: Stack) -> dict[str, BuiltImage]:
    """All images that the stack can build, by name."""
    images = stack.images
    found = [
        BuiltImage(images.name, reference(stack, images.name), DATASTACK, images.base or BASE),
        BuiltImage(images.cuda_name, reference(stack, images.cuda_name), DATASTACK_CUDA, images.cuda_base or CUDA_BASE),
        *(BuiltImage(name, reference(stack, name), "", custom=image) for name, image in images.custom.items()),
    ]
    return {image.name: image for image in found}


def reference(stack: Stack, name: str) -> str:
    """What a built image is called outside of the stack file."""
    return f"{stack.images.registry}/{name}:{stack.images.tag}"


def exact(base: str, digest: str | None) -> str:
    """A base as it is pulled: by its digest where it has one."""
    return f"{base.partition('@')[0]}@{digest}" if digest else base


def package_groups(stack: Stack) -> tuple[str, ...]:
    """The groups that are switched on, in the order of their layers."""
    return tuple(name for name in GROUPS if getattr(stack.images.groups, name.replace("-", "_")))


def address(stack: Stack, image: str) -> str:
    """Of an image of a profile: one that the stack builds is called by its name alone."""
    return reference(stack, image) if image in built_images(stack) else image
