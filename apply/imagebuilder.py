"""Builds of images: only what changed, some at once, their steps told, cleaned up whatever happens."""

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from apply.buildlog import BuildLog
from apply.engine import Engine, EngineError
from apply.imagecontext import Ingredients
from apply.imagefacts import Build
from render.imagelabels import BASE_LAYERS, FINGERPRINT, PLATFORM
from spec.errors import StackError
from spec.model import Stack


@dataclass(frozen=True)
class Options:
    """How images are built."""

    cache: bool = True
    platform: str = ""
    jobs: int = 1


@dataclass(frozen=True)
class Built:
    """What came of one image."""

    image: str
    """Its address."""
    id: str
    built: bool
    """False: nothing had changed."""
    steps: int
    """That the engine did not take from its cache."""


@dataclass
class Builder:
    """The builds of one command."""

    stack: Stack
    engine: Engine
    options: Options
    labels: dict[str, str]
    """Of every image."""
    secrets: dict[str, str] = field(repr=False)
    tell: Callable[[str], None]

    def build(self, images: Sequence[Ingredients]) -> list[Built]:
        """Build what changed; an image that fails does not keep the others from being built.

        Raises:
            StackError: one or more failed, with the last lines of each failing step.
        """
        with ThreadPoolExecutor(self.options.jobs) as pool:
            tasks = [pool.submit(self._one, image) for image in images]
            try:
                wait(tasks)
            except BaseException:
                for task in tasks:
                    task.cancel()
                self.engine.end_streams()
                raise
        _raise_failures(images, tasks)
        return [task.result() for task in tasks]

    def _one(self, image: Ingredients) -> Built:
        reference = image.recipe.image.reference
        fingerprint = image.fingerprint(self.options.platform)
        there = self.engine.image(reference)
        if there and self.options.cache and there.labels.get(FINGERPRINT) == fingerprint:
            return Built(reference, there.id, built=False, steps=0)
        with image.laid_out(self.secrets) as (context, secrets):
            build = Build(
                context=context,
                dockerfile=image.recipe.dockerfile,
                tags=(reference,),
                arguments=image.recipe.arguments,
                labels=self._labels(image, fingerprint),
                secrets=secrets,
                network=self.stack.images.build_network,
                platform=self.options.platform or None,
                cache=self.options.cache,
            )
            steps = self._run(image.recipe.image.name, build)
        made = self.engine.image(reference)
        if made is None:
            raise StackError(f"{reference} was built, and {self.engine.command} does not have it")
        return Built(reference, made.id, built=True, steps=steps)

    def _labels(self, image: Ingredients, fingerprint: str) -> dict[str, str]:
        platform = {PLATFORM: self.options.platform} if self.options.platform else {}
        base = self._base_layers(image.recipe.image.base)
        return {**image.recipe.labels, **self.labels, **platform, **base, FINGERPRINT: fingerprint}

    def _base_layers(self, base: str) -> dict[str, str]:
        """A proof looks into an image's own layers; where the base's end is known only while the base is there."""
        if not base:
            return {}
        with contextlib.suppress(EngineError):  # the build will say it better
            self.engine.ensure(base)
        facts = self.engine.image(base)
        return {BASE_LAYERS: str(len(facts.layers))} if facts else {}

    def _run(self, name: str, build: Build) -> int:
        log = BuildLog()
        self.tell(f"{name}: building")
        try:
            for line in self.engine.build(build):
                if step := log.step(line):
                    self.tell(f"{name}: {step}")
        except EngineError as error:
            if failure := log.failure():
                raise StackError(f"{name} was not built\n{failure}", hint=_hint(log)) from None
            raise StackError(f"{name} was not built: {error.message}", error.hint) from None
        self.tell(f"{name}: built, {log.built} steps anew")
        return log.built


_CAUSES = (
    ("DO NOT MATCH THE HASHES", "the index has other files than those that were locked: inv images.lock"),
    ("No matching distribution", "images.python is the Python of the base; inv images.lock for another one"),
    ("was not found", "the distribution has newer versions by now: inv images.lock"),
    ("certificate verify failed", "ca: the file of the authority that signs this network's certificates"),
    ("Could not resolve", "images.build_network: host, or images.build_proxy"),
    ("Temporary failure in name resolution", "images.build_network: host, or images.build_proxy"),
    ("failed to resolve source metadata", "images.base has to be there, or in a registry that the engine reaches"),
)
"""What installers say, and what helps."""


def _hint(log: BuildLog) -> str:
    return next((hint for words, hint in _CAUSES if log.said(words)), "correct it, then run the same command again")


def _raise_failures(images: Sequence[Ingredients], tasks: Sequence["Future[Built]"]) -> None:
    failures = [error for task in tasks if (error := task.exception())]
    if not failures:
        return
    unexpected = next((error for error in failures if not isinstance(error, StackError)), None)
    if unexpected is not None:
        raise unexpected
    if len(tasks) == 1:
        raise failures[0]
    texts = "\n\n".join(error.text() for error in failures if isinstance(error, StackError))
    raise StackError(f"{texts}\n\n{len(failures)} of {len(images)} images were not built")
