"""`inv install --bundle`: what a bundle holds is put where an install looks before it would ask the network."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import bundle, bundlefile, bundleimages, bundlekeys, bundlewheels, caches, charts
from apply.registry import plain_http
from apply.target import Target, Tell
from render.environments import environments
from render.mirror import mirrored
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget


def bring(found: Target, file: str, trust: str, tell: Tell) -> Path:
    """Check a bundle, and bring its charts and images where they are looked for.

    Args:
        trust: file of the key to trust; empty for the public half of the user's own.

    Returns:
        The folder with its Python packages.

    Raises:
        StackError: it is not to be trusted, is damaged, or was made for something else.
    """
    key = bundlekeys.trusted(Path(trust) if trust else bundlekeys.public_of(bundlekeys.default()))
    folder, about = bundlefile.opened(Path(file), key, caches.cache("bundles"), tell)
    _fits(found, about, Path(file))
    if about["target"] == "kubernetes":
        _bring_charts(folder)
        _bring_images(found, folder, about["images"], tell)  # type: ignore[arg-type]
    return folder / bundle.WHEELS


def _fits(found: Target, about: dict[str, Any], file: Path) -> None:
    again = "make it anew from this stack file: inv bundle"
    if about["target"] != found.stack.target.kind:
        raise StackError(f"{file} was made for target {about['target']}, not {found.stack.target.kind}", again)
    if found.stack.target.kind != "local":
        return
    here = bundlewheels.machine()
    if there := {name: about[name] for name, value in here.items() if about[name] != value}:
        was = ", ".join(f"{name} {value}" for name, value in there.items())
        raise StackError(f"{file} was made for {was}; here it is {', '.join(here[name] for name in there)}", again)
    if lacking := bundlewheels.missing(about, environments(found.stack)):
        raise StackError(f"{file} lacks the packages of environment {', '.join(lacking)}", again)


def _bring_charts(folder: Path) -> None:
    charts.cache().mkdir(parents=True, exist_ok=True)
    for chart in (folder / bundle.CHARTS).glob("*.tgz"):
        half = charts.cache() / f".{chart.name}.half"
        shutil.copyfile(chart, half)
        half.replace(charts.cache() / chart.name)


def _bring_images(found: "ClusterTarget", folder: Path, images: dict[str, dict[str, str]], tell: Tell) -> None:
    if lacking := bundle.references(found, None, tell) - images.keys():
        raise StackError(f"the bundle lacks image {', '.join(sorted(lacking))}", "make it anew: inv bundle")
    registry = found.stack.images.mirror
    if registry is None:
        tell(f"note: no images.mirror is set, so nodes must have the {len(images)} images of the bundle already")
        return
    for number, (reference, image) in enumerate(sorted(images.items())):
        tell(f"image {number + 1} of {len(images)}: {mirrored(reference, registry)}")
        bundleimages.push(folder / image["path"], mirrored(reference, registry), plain_http(found.stack, registry))
