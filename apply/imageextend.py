"""`inv images.extend`: a Dockerfile that adds the platform's packages to an image, written and built."""

import re
from pathlib import Path

import msgspec

from apply import console, imagelock
from apply.engine import engine_of
from apply.imagebuilder import Builder, Options
from apply.images import ingredients, listed
from apply.imagesecrets import secrets_of
from apply.imagesource import source_labels
from apply.state import disk_errors
from apply.validation import validated
from render.images import extension
from spec.errors import StackError
from spec.fields import IMAGE
from spec.images import GROUPS, built_images
from spec.model_images import CustomImage

_PACKAGE = "buunstack"


def extend(spec: str, image: str, parts: str, name: str) -> None:
    """Write `images/NAME/Dockerfile` beside the stack file, build it, and print what the stack file has to say.

    A Dockerfile that is there already and says something else stays.

    Raises:
        StackError: the image or a part has no such name, or the build failed.
    """
    stack, file = validated(spec), Path(spec)
    wanted = _parts(parts)
    if not re.match(IMAGE, image):
        raise StackError(f"{image!r} is not an image", hint="quay.io/jupyter/scipy-notebook:2026-05-31")
    locked = imagelock.read(stack, file).groups
    for part in wanted:
        if part != _PACKAGE and part not in locked:
            hint = f"images.groups: {{{part.replace('-', '_')}: true}}, then inv images.lock"
            raise StackError(f"package group {part} is not locked for this stack", hint)
    name = name or _name(image)
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
        raise StackError(f"{name!r} cannot be an image's name here", hint="--name: small letters, digits and -")
    folder = Path("images") / name
    engine = engine_of(stack)
    facts = engine.image(image)
    text = extension(image, wanted, facts.user) if facts and facts.user else extension(image, wanted)
    _write(file.parent / folder / "Dockerfile", text)
    declared = CustomImage(context=folder.as_posix())
    images = msgspec.structs.replace(stack.images, custom={**stack.images.custom, name: declared})
    stack = msgspec.structs.replace(stack, images=images)
    with console.Progress() as progress:
        labels, secrets = source_labels(file.parent), secrets_of(stack, file)
        builder = Builder(stack, engine, Options(), labels, secrets, progress.tell)
        builder.build(ingredients(stack, file, [built_images(stack)[name]]))
    console.say(f"built {built_images(stack)[name].reference}; in {file.name}, for a profile with `image: {name}`:")
    console.result(f"images:\n  custom:\n    {name}: {{context: {folder.as_posix()}}}")


def _parts(text: str) -> tuple[str, ...]:
    known = (*GROUPS, _PACKAGE)
    wanted = listed(text)
    for part in wanted:
        if part not in known:
            raise StackError(f"there is no part {part}", hint=f"--with: some of {', '.join(known)}")
    if not wanted:
        raise StackError("nothing to add", hint=f"--with: some of {', '.join(known)}")
    return tuple(part for part in known if part in wanted)


def _name(image: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", image.partition("@")[0].rpartition("/")[2].partition(":")[0]) + "-extended"


def _write(path: Path, text: str) -> None:
    with disk_errors(path):
        if path.exists() and path.read_text("utf-8") != text:
            raise StackError(
                f"{path} is there and says something else; nothing was written", hint="--name: another one"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    console.say(f"wrote {path}")
