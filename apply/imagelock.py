"""`inv images.lock`: find versions that fit together and keep them beside the stack file. Starts uv and containers."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from apply import imagebases, imagefiles
from apply.console import Progress, result, say
from apply.engine import engine_of
from apply.imagedigests import folder_of
from apply.imagefiles import APT, BASES, PACKAGES, read
from apply.imageresolve import Question, resolve, seeds, torch
from render.imagepackages import FOLDER, OWN, TORCH, debian_packages, requirements
from render.imagereadme import readme
from spec.images import DATASTACK, DATASTACK_CUDA, exact, package_groups
from spec.load import load, parse
from spec.model import Stack
from spec.profiles import used_images

__all__ = ["lock", "read", "renew_shipped"]
_SHOWN = 40
"""Changes told one by one; a first lock or an upgrade may have hundreds."""


def lock(spec: str, upgrade: bool, python_only: bool) -> None:
    """Pin the packages of a stack's images, and unless `python_only` their bases and Debian's packages.

    Args:
        upgrade: take the newest that fit; without it what is locked stays as far as it can.

    Raises:
        ToolMissing: uv is not there, or no engine for the bases.
        StackError: versions do not fit together, or a file cannot be written.
    """
    file = Path(spec)
    stack = load(file)
    folder = folder_of(file)
    with Progress() as progress:
        before = imagefiles.texts_of(folder / PACKAGES)
        shipped = imagefiles.texts_of(FOLDER)
        texts = _resolved(stack, [] if upgrade else [*before.values(), *shipped.values()], progress.tell)
        files = {folder / PACKAGES: {f"{name}.txt": text for name, text in texts.items()}}
        bases = {} if python_only else _bases(stack, folder, upgrade, progress.tell)
        changed = [imagefiles.write(place, content) for place, content in (files | {folder: bases}).items() if content]
        imagefiles.remove_others(folder / PACKAGES, files[folder / PACKAGES])
    if before:
        _tell(list(_changes(_versions(before), _versions(texts))))
    count = len(_versions(texts))
    result(f"{folder}: {count} packages locked" if any(changed) else f"{folder}: {count} packages, nothing changed")


def renew_shipped() -> None:
    """Renew the locks that come with the platform, for a stack that changes nothing, and what is said about them.

    Raises:
        StackError: versions do not fit together.
    """
    stack = parse("version: 1\ntarget: {kind: local}\n", "stack.yaml")[0]
    before = imagefiles.texts_of(FOLDER)
    texts = _resolved(stack, [], say)
    imagefiles.write(FOLDER, {f"{name}.txt": text for name, text in texts.items()})
    pins = read(stack, FOLDER / "stack.yaml")
    for name in (DATASTACK, DATASTACK_CUDA):
        imagefiles.write(FOLDER.parent / name, {"README.md": readme(name, pins)})
    _tell(list(_changes(_versions(before), _versions(texts))))


def _resolved(stack: Stack, known: list[str], tell: Callable[[str], None]) -> dict[str, str]:
    """The files of a lock, by list; groups that are off have none, so what they ask for stands in nobody's way."""
    images = stack.images
    question = Question(images.python, images.package_index, known)
    asked = requirements(stack)
    lists = {name: asked[name] for name in package_groups(stack)}
    if images.packages:
        lists[OWN] = "".join(f"{requirement}\n" for requirement in images.packages)
    tell(f"versions for {', '.join(lists)}")
    texts = resolve(lists, question) if lists else {}
    if "deep-learning" in lists:
        tell("versions of PyTorch")
        texts[TORCH] = torch(asked[TORCH], question)
    return imagefiles.with_headers(stack, texts)


def _bases(stack: Stack, folder: Path, upgrade: bool, tell: Callable[[str], None]) -> dict[str, str]:
    """The two files about bases; what they had of other bases is left out."""
    images = [image for image in used_images(stack) if image.base]
    if not images:
        tell("warning: no enabled profile uses an image that is built from a base, so none was looked at")
        return {}
    engine = engine_of(stack)
    known = {} if upgrade else imagefiles.locked_bases(folder / BASES)
    earlier = imagefiles.locked_debian(stack, folder / APT) or {}
    had = {} if upgrade else earlier
    bases: dict[str, str] = {}
    apt: dict[str, tuple[str, ...]] = {}
    for image in images:
        found = known.get(image.base) or imagebases.digest(engine, image.base, tell)
        if found:
            bases[image.base] = found
        names = debian_packages(stack, image)
        if image.base in had and known.get(image.base) == found:
            apt[image.base] = had[image.base]
            continue
        tell(f"Debian's packages on {image.base}: {', '.join(names) or 'none'}")
        apt[image.base] = imagebases.debian(engine, stack, exact(image.base, found), names)
    _tell(list(_changes(_debian_versions(earlier), _debian_versions(apt))))
    return {BASES: imagefiles.bases_text(bases), APT: imagefiles.debian_text(stack, apt)}


def _versions(texts: Mapping[str, str]) -> dict[str, str]:
    """By name, whatever else is in the texts: a damaged lock can be made again."""
    lines = [line.partition(" ; ")[0].partition("==") for text in texts.values() for line in seeds(text)]
    return {name: version for name, _, version in lines}


def _debian_versions(apt: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    pairs = [(base, one.partition("=")) for base, names in apt.items() for one in names]
    return {f"{name} on {base}": version for base, (name, _, version) in pairs}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield f"  {name}: {old or 'none'} -> {new or 'none'}"


def _tell(changes: list[str]) -> None:
    for line in changes[:_SHOWN]:
        say(line)
    if len(changes) > _SHOWN:
        say(f"  and {len(changes) - _SHOWN} more")
