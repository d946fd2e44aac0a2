"""`inv images.push`: proven images into the registry, and their digests into the profiles."""

import time
from collections.abc import Callable
from pathlib import Path

from apply import console, imageproof
from apply.engine import Engine, EngineError, engine_of
from apply.imagecontext import Ingredients
from apply.imagedigests import write_pushed
from apply.imagefacts import ImageFacts
from apply.images import chosen, ingredients
from apply.registry import plain_http, speaks_http
from apply.registry import push as push_to
from apply.registry import size as size_of
from apply.validation import validated
from render.imagelabels import FINGERPRINT
from spec.errors import StackError
from spec.model import Stack
from spec.pushed import Pushed

_WAITS_SECONDS = (1.0, 4.0, 15.0)
"""Between tries: a registry that restarts is back by then."""
_FINAL = {
    "denied": "sign the engine in: docker login REGISTRY (or podman login)",
    "unauthorized": "sign the engine in: docker login REGISTRY (or podman login)",
    "no basic auth credentials": "sign the engine in: docker login REGISTRY (or podman login)",
    "authentication required": "sign the engine in: docker login REGISTRY (or podman login)",
    "server gave HTTP response to HTTPS client": "a registry without TLS: images.plain_http: true, and for Docker"
    " its address in the daemon's insecure-registries",
    "certificate signed by unknown authority": "the engine has to trust the registry's authority: /etc/docker/certs.d",
    "repository name not known": "make the repository first, where a registry wants that",
}
"""What no second try changes, and what does."""
Tell = Callable[[str], None]


def push(spec: str, names: str, as_json: bool) -> None:
    """Push the named images, or those that are used, and print their addresses with digests.

    Raises:
        StackError: one was not built or not proven, or the registry refuses; those before it are pushed.
    """
    stack, file = validated(spec), Path(spec)
    images = chosen(stack, names)
    engine = engine_of(stack)
    facts = {one.recipe.image.name: _ready(engine, one) for one in ingredients(stack, file, images)}
    _check_transport(stack, engine)
    done: dict[str, Pushed] = {}
    with console.Progress(as_json) as progress:
        for image in images:
            digest = _pushed(stack, engine, image.reference, progress.tell)
            size = _size(stack, file, engine, f"{image.reference}@{digest}", progress.tell)
            done[image.reference] = Pushed(digest, facts[image.name].labels[FINGERPRINT], size)
            # One by one: what is in the registry is known, whatever comes next.
            write_pushed(file, {image.reference: done[image.reference]})
    if as_json:
        rows = [{"image": address, "digest": entry.digest, "bytes": entry.size} for address, entry in done.items()]
        console.result_json(rows)
    else:
        console.result("\n".join(f"{address}@{entry.digest}" for address, entry in done.items()))


def _ready(engine: Engine, wanted: Ingredients) -> ImageFacts:
    """The image, when it is what the stack file says and was proven."""
    image = wanted.recipe.image
    facts = engine.image(image.reference)
    option = f"--names {image.name}"
    if facts is None:
        raise StackError(f"{image.reference} is not built", hint=f"inv images.build {option}")
    if not wanted.made(facts):
        message = f"{image.reference} was built from something else than the stack file says now"
        raise StackError(message, hint=f"inv images.build {option}")
    if not imageproof.proven(facts.id):
        raise StackError(f"{image.reference} was not proven to work", hint=f"inv images.test {option}")
    return facts


def _check_transport(stack: Stack, engine: Engine) -> None:
    """Docker's daemon may be told to speak HTTP to hosts; the stack file has to say so too."""
    host = stack.images.registry.partition("/")[0]
    if not plain_http(stack) and speaks_http(engine, host):
        message = f"Docker would speak plain HTTP to {host} (its insecure-registries)"
        raise StackError(message, hint="images.plain_http: true if that is meant, or take it out of the daemon's list")


def _pushed(stack: Stack, engine: Engine, reference: str, tell: Tell) -> str:
    tell(f"pushing {reference}")
    for wait in (*_WAITS_SECONDS, None):
        try:
            return push_to(engine, reference, plain_http(stack))
        except EngineError as error:
            hint = next((hint for words, hint in _FINAL.items() if words in error.message), None)
            if hint is not None or wait is None:
                raise StackError(error.message, hint or "inv images.push again when the registry answers") from None
            tell(f"{reference}: the registry refused; trying again in {wait:.0f} s")
            time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _size(stack: Stack, file: Path, engine: Engine, pinned: str, tell: Tell) -> int | None:
    """Without it the push has not failed: profiles need the digest alone."""
    try:
        found = size_of(stack, file, pinned, engine)
    except StackError as error:
        tell(f"{pinned}: its size is not noted: {error.message}")
        return None
    if found is None:
        tell(f"{pinned}: its size is not noted: the registry does not tell it")
    return found
