"""Rules of `images`. Pure."""

import re
from collections.abc import Iterator

from spec.document import Document
from spec.images import package_groups
from spec.model import Stack
from spec.problems import Problem
from spec.profiles import used_images
from spec.rules_profiles import REQUIREMENT
from spec.secrecy import names_secret

_CONDA = re.compile(r"([a-z0-9_.-]+::)?[A-Za-z0-9_][A-Za-z0-9_.-]*=[A-Za-z0-9][A-Za-z0-9_.!+-]*(=[A-Za-z0-9_*]+)?\Z")
"""Channel, name, version, build (conda.io, package match specifications): only the forms that name one version."""
_DEBIAN = re.compile(r"[a-z0-9][a-z0-9+.-]+\Z")
"""Debian Policy 5.6.1."""
_REGISTRY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*\Z")
"""Host, port and path of distribution/reference."""


def image_packages_are_names(stack: Stack, document: Document) -> Iterator[Problem]:
    """They become arguments of installers: an option or an address would be read as such."""
    kinds = (
        ("packages", REQUIREMENT, "is not a Python package with versions", "xarray>=2025.1"),
        ("apt", _DEBIAN, "is not the name of a Debian package", "graphviz"),
        ("conda", _CONDA, "is not a conda package with its version", "r-base=4.4.3"),
    )
    for kind, pattern, message, hint in kinds:
        for number, package in enumerate(getattr(stack.images, kind)):
            if not pattern.match(package):
                yield document.problem(("images", kind, number), f"{package!r} {message}", hint)


def images_have_names_of_their_own(stack: Stack, document: Document) -> Iterator[Problem]:
    """Two images of one name would be pushed over each other."""
    images = stack.images
    if images.name == images.cuda_name:
        yield document.problem(("images", "cuda_name"), f"{images.name} is the other image's name", "another name")
    for name in images.custom:
        if name in (images.name, images.cuda_name):
            path = ("images", "custom", name)
            yield document.problem(path, f"{name} is the name of an image of the platform", "another name", at_key=True)


def registries_are_places(stack: Stack, document: Document) -> Iterator[Problem]:
    """Each becomes the first part of an image's address."""
    for key, value in (("registry", stack.images.registry), ("mirror", stack.images.mirror)):
        if value is not None and not _REGISTRY.match(value):
            message = "is not a registry: host, port and path, without https://"
            yield document.problem(("images", key), f"{value!r} {message}", "registry.example.net/team")


def spark_from_a_mirror_is_checked(stack: Stack, document: Document) -> Iterator[Problem]:
    """Whoever answers for the mirror would run code in every notebook."""
    images = stack.images
    if images.spark_download_url and not images.spark_sha512:
        hint = "spark_sha512, from the .sha512 file beside the archive at the Apache Foundation"
        yield document.problem(("images", "spark_download_url"), "an archive without a checksum", hint)
    if images.spark_sha512 and not images.spark_download_url:
        message = "a checksum without an archive; the Python package has its own"
        yield document.problem(("images", "spark_sha512"), message, "remove it, or set spark_download_url")
    if images.spark_download_url and "spark" not in package_groups(stack):
        yield document.problem(("images", "spark_download_url"), "images.groups switches Spark off", "remove it")


def servers_that_are_tools_are_built_as_such(stack: Stack, document: Document) -> Iterator[Problem]:
    """An image of this stack's own without the extension would answer assistants with 404."""
    if not stack.mcp.enabled or "mcp" in package_groups(stack):
        return
    if names := [image.name for image in used_images(stack) if image.custom is None]:
        message = f"{' and '.join(names)} would be built without what mcp.enabled asks for"
        yield document.problem(("images", "groups", "mcp"), message, "mcp: true, or mcp: {enabled: false}")


def build_arguments_are_no_secrets(stack: Stack, document: Document) -> Iterator[Problem]:
    """The image's history shows them to everybody who can pull it."""
    for name in stack.images.build_args:
        if names_secret((name,)):
            message = "a build argument stays readable in the image"
            yield document.problem(("images", "build_args", name), message, "images.secrets", at_key=True)
