"""`inv images.build`: what changed of the stack's images."""

from collections.abc import Iterable
from pathlib import Path

from apply import console, imagelock
from apply.engine import engine_of
from apply.imagebuilder import Builder, Options
from apply.imagecontext import Ingredients
from apply.imagesecrets import secrets_of
from apply.imagesource import source_labels
from apply.namedfiles import named_text
from apply.validation import validated
from apply.wheel import wheel
from render.images import recipe
from spec.errors import StackError
from spec.images import BuiltImage, built_images
from spec.model import Stack
from spec.profiles import used_images


def build(spec: str, names: str, options: Options, as_json: bool) -> None:
    """Build the named images, or those that are used, where anything changed; print their addresses.

    Raises:
        StackError: there is no such image, or a build failed; the others are built.
    """
    if options.jobs < 1:
        raise StackError("--jobs: at least 1")
    stack, file = validated(spec), Path(spec)
    images = chosen(stack, names)
    engine = engine_of(stack)
    with console.Progress(as_json) as progress:
        builder = Builder(stack, engine, options, source_labels(file.parent), secrets_of(stack, file), progress.tell)
        done = builder.build(ingredients(stack, file, images))
    if as_json:
        console.result_json(
            [{"image": one.image, "id": one.id, "built": one.built, "steps": one.steps} for one in done]
        )
    else:
        console.result("\n".join(f"{one.image}{'' if one.built else '  (nothing changed)'}" for one in done))


def chosen(stack: Stack, names: str) -> list[BuiltImage]:
    """The images of these names; without names those that an enabled profile uses, and all custom ones.

    Raises:
        StackError: the stack builds no image of that name, or none at all.
    """
    images = built_images(stack)
    if wanted := listed(names):
        for name in wanted:
            if name not in images:
                raise StackError(f"the stack builds no image {name}", hint=f"one of: {', '.join(images)}")
        return [images[name] for name in wanted]
    used = used_images(stack)
    if not used:
        hint = "profiles: {buun-stack: {enabled: true}}, or name one: inv images.build --names " + stack.images.name
        raise StackError("no enabled profile uses an image that is built here", hint=hint)
    return used


def ingredients(stack: Stack, file: Path, images: Iterable[BuiltImage]) -> list[Ingredients]:
    """Everything that each image is built from.

    Raises:
        StackError: its packages are not locked, or a file is missing.
    """
    ca = named_text(file.parent / stack.ca, "ca", "a PEM file") if stack.ca else ""
    pins, built = imagelock.read(stack, file), wheel()
    return [
        Ingredients(recipe(stack, image, pins, ca), built, file.parent / image.custom.context if image.custom else None)
        for image in images
    ]


def listed(text: str) -> list[str]:
    """What a flag names, separated by commas, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
