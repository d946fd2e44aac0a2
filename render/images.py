"""A notebook image as what an engine builds it from: Dockerfile, context, arguments, labels. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from render.imagelabels import GROUPS_THAT_ARE_PARTS, PARTS
from render.imagepackages import debian_packages, layers
from render.imagepins import Pins
from render.templates import filled
from spec.images import DATASTACK, BuiltImage, exact, package_groups
from spec.model import Stack

OURS = ".buunstack"
"""The folder of a custom image's context that has the platform's wheel and package lists."""
NETRC = "netrc"
"""The build secret with the logins of package indexes and mirrors, as curl and pip read it."""
_AUTHORITY = "stack-ca.crt"
_KERNEL_SETTINGS = "ipython/ipython_kernel_config.json"
_IMAGES = Path(__file__).parent.parent / "images"


@dataclass(frozen=True)
class Recipe:
    """What one image is built from, but for the wheel and a custom image's own folder."""

    image: BuiltImage
    dockerfile: str
    """Its path in the build's context."""
    files: Mapping[str, str]
    """Of the context, by their paths."""
    wheel_folder: str
    """In the context."""
    arguments: Mapping[str, str]
    labels: Mapping[str, str]


def recipe(stack: Stack, image: BuiltImage, pins: Pins, ca: str = "") -> Recipe:
    """How one image of the stack is built.

    Args:
        ca: the text of the stack's private authority, or nothing.
    """
    authority = {_AUTHORITY: ca} if ca else {}
    labels = {"org.opencontainers.image.title": image.name, "org.opencontainers.image.version": stack.images.tag}
    if image.custom is not None:
        inside = {f"{OURS}/{path}": text for path, text in {**_whole_lists(pins), **authority}.items()}
        return Recipe(image, image.custom.dockerfile, inside, OURS, _arguments(stack), labels)
    lists = dict(layers(pins, package_groups(stack)))
    files = {**authority, **{f"packages/{name}.txt": text for name, text in lists.items()}}
    if "deep-learning" in lists:
        files["packages/torch.txt"] = pins.torch
    files[_KERNEL_SETTINGS] = (_IMAGES / DATASTACK / _KERNEL_SETTINGS).read_text("utf-8")
    files["Dockerfile"] = _dockerfile(stack, image, pins, tuple(lists), bool(ca))
    parts = ("buunstack", *(name for name in lists if name in GROUPS_THAT_ARE_PARTS))
    labels |= {PARTS: ",".join(parts), "org.opencontainers.image.base.name": image.base}
    if digest := pins.bases.get(image.base):
        labels["org.opencontainers.image.base.digest"] = digest
    return Recipe(image, "Dockerfile", files, "buunstack", _arguments(stack), labels)


def extension(image: str, parts: tuple[str, ...], user: str = "1000") -> str:
    """A Dockerfile that adds package groups, and `buunstack` where it is among the parts, to an image.

    A build puts the lists and the wheel into the context (`OURS`). Root installs, so that nothing ends up in a home,
    which on a cluster is a volume of the user's.

    Args:
        user: of the image; Jupyter Docker Stacks have this one.
    """
    pip = "python -m pip install --no-cache-dir --no-deps --root-user-action=ignore"
    lists = [f"--requirement /tmp/ours/packages/{part}.txt" for part in parts if part != "buunstack"]
    steps = [f"{pip} --require-hashes {' '.join(lists)}"] if lists else []
    if "buunstack" in parts:
        steps.append(f"{pip} --no-index /tmp/ours/*.whl")
    run = f"RUN --mount=type=bind,source={OURS},target=/tmp/ours umask 002 && {' && '.join(steps)}"
    return f"FROM {image}\nUSER 0\n{run}\nUSER {user}\n"


def _archive_of_spark(stack: Stack) -> str | None:
    """Where Spark's archive is, when it does not come with the Python package."""
    url, version = stack.images.spark_download_url, stack.images.spark_version
    if url is None or url.endswith(".tgz"):
        return url
    return f"{url.rstrip('/')}/spark-{version}/spark-{version}-bin-hadoop3.tgz"


def proxies(stack: Stack) -> dict[str, str]:
    """The variables by which programs know the proxy of a build."""
    images = stack.images
    declared = {
        "http_proxy": images.build_proxy,
        "https_proxy": images.build_proxy,
        "no_proxy": ",".join(images.no_proxy),
    }
    found = {name: value for name, value in declared.items() if value}
    return found | {name.upper(): value for name, value in found.items()}


def _whole_lists(pins: Pins) -> dict[str, str]:
    """Each list with all that it needs: nobody knows which of them a custom image takes, and what it has already."""
    own = dict(layers(Pins(own=pins.own), ()))
    whole = {name: text for group in pins.groups for name, text in layers(Pins(groups=pins.groups), (group,))}
    return {f"packages/{name}.txt": text for name, text in {**whole, **own}.items()}


def _dockerfile(stack: Stack, image: BuiltImage, pins: Pins, lists: tuple[str, ...], ca: bool) -> str:
    images = stack.images
    debian = pins.apt.get(image.base, ())
    return filled(
        f"{image.folder}/Dockerfile.j2",
        folder=image.folder,
        base=exact(image.base, pins.bases.get(image.base)),
        build_args=sorted(images.build_args),
        ca=ca,
        debian=debian or debian_packages(stack, image),
        debian_pinned=bool(debian),
        conda=images.conda,
        layers=lists,
        netrc=NETRC in images.secrets,
        package_index=images.package_index,
        torch_cuda=images.torch_cuda,
        torch_index=images.torch_index.rstrip("/"),
        spark_archive=_archive_of_spark(stack) if "spark" in lists else None,
        spark_sha512=images.spark_sha512,
    )


def _arguments(stack: Stack) -> dict[str, str]:
    """Engines know the proxy's by name and keep them out of the image (Docker, predefined ARGs)."""
    return stack.images.build_args | proxies(stack)
