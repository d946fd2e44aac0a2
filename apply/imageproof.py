"""`inv images.test`: the proof that a notebook image works, as on a cluster, and holds no secret."""

import contextlib
import json as jsonlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from apply import console, imagelayers, sbom
from apply.caches import cache
from apply.engine import Engine, EngineError, engine_of
from apply.imagefacts import ImageFacts
from apply.images import listed
from apply.imagesecrets import secrets_of, telling
from apply.proofcontainer import packages, serving
from apply.state import write_private
from apply.validation import validated
from render.imagelabels import BASE_LAYERS, PARTS
from spec.errors import FaultsFound, StackError
from spec.images import built_images
from spec.model import Stack
from spec.profiles import used_images

Tell = Callable[[str], None]
OK, FAILED, ABSENT = "ok", "failed", "absent"
_INSIDE = ("start", "processes", "kernel", "buunstack", "spark", "clickhouse", "mcp")
NAMES = ("user", *_INSIDE, "layers")
"""The checks in their order."""
_BASE = "org.opencontainers.image.base.name"
_TOLD = 5
"""Findings in a check's words."""


@dataclass(frozen=True)
class Check:
    """One row of a proof."""

    name: str
    state: str
    """`ok`, `failed` or `absent`: the image does not have this part, nor says that it has."""
    words: str


def test(spec: str, names: str, sbom: str, json: bool) -> None:
    """Prove images and print what was seen.

    Args:
        names: of built images, or references, separated by commas; empty for those in use.
        sbom: a folder for bills of materials; empty for none.

    Raises:
        FaultsFound: a check failed; all were made.
        StackError: an image is not there.
    """
    stack = validated(spec)
    engine = engine_of(stack)
    wanted = _wanted(stack, names)
    for name, image in wanted.items():
        _facts(engine, name, image)
    built = {image.reference: image for image in built_images(stack).values()}
    ours = set(wanted.values()) & set(built)
    secrets = telling(secrets_of(stack, Path(spec)).values()) if ours else []
    proofs: dict[str, list[Check]] = {}
    with console.Progress(json) as progress:
        for name, image in wanted.items():
            base = built[image].base if image in built else ""
            proofs[name] = prove(engine, image, secrets, progress.tell, base=base)
            if sbom:
                progress.tell(f"{name}: listing its packages")
                _write_bill(engine, name, image, Path(sbom))
    _show({name: (image, proofs[name]) for name, image in wanted.items()}, json)


def prove(engine: Engine, image: str, secrets: Sequence[bytes], tell: Tell, *, base: str = "") -> list[Check]:
    """Make all checks of one image, and record it when none failed.

    Args:
        secrets: values that may be nowhere in it.
        base: the image it was built from, if known; else its label says.

    Raises:
        StackError: it is not there.
    """
    facts = _facts(engine, image, image)
    checks = [_user(facts)]
    checks += [_declared(check, facts) for check in _inside(engine, facts, lambda text: tell(f"{image}: {text}"))]
    tell(f"{image}: looking for secrets in its layers")
    checks.append(_layers(engine, facts, secrets, base or facts.labels.get(_BASE, "")))
    if all(check.state != FAILED for check in checks):
        record = {"image": facts.id, "checks": [asdict(check) for check in checks]}
        write_private(_record(facts.id), jsonlib.dumps(record, indent=2) + "\n")
    return checks


def proven(image_id: str) -> bool:
    """Whether an image passed every check that there is today."""
    try:
        record = jsonlib.loads(_record(image_id).read_text("utf-8"))
        names = tuple(check["name"] for check in record["checks"] if check["state"] in (OK, ABSENT))
        return bool(record["image"] == image_id.removeprefix("sha256:") and names == NAMES)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _record(image_id: str) -> Path:
    return cache("images") / "proven" / f"{image_id.removeprefix('sha256:')}.json"


def _wanted(stack: Stack, names: str) -> dict[str, str]:
    """References by name."""
    built = built_images(stack)
    if given := listed(names):
        return {name: built[name].reference if name in built else name for name in given}
    found = {image.name: image.reference for image in used_images(stack)}
    if not found:
        hint = "inv images.test --names NAME, or enable a profile with one: inv images.list"
        raise StackError("no enabled profile uses an image that this stack builds", hint=hint)
    return found


def _facts(engine: Engine, name: str, image: str) -> ImageFacts:
    facts = engine.image(image)
    if facts is None:
        raise StackError(f"image {image} is not there, so it cannot be proven", hint=f"inv images.build --names {name}")
    return facts


def _user(facts: ImageFacts) -> Check:
    user = facts.user.partition(":")[0]
    if user in ("", "0", "root"):
        return Check("user", FAILED, f"the image's user is {user or 'not set, so root'}; end its Dockerfile with USER")
    return Check("user", OK, user)


def _inside(engine: Engine, facts: ImageFacts, tell: Tell) -> list[Check]:
    checks: list[Check] = []
    tell("starting it without network and privileges, in an empty home")
    try:
        with serving(engine, facts) as container:
            for name in _INSIDE:
                tell(f"checking {name}")
                answer = container.ask(name)
                log = f"\n{container.log()}" if name == "start" and answer.state == FAILED else ""
                checks.append(Check(name, answer.state, answer.words + log))
    except EngineError as error:
        if len(checks) == len(_INSIDE):
            raise
        words = error.message
        for name in _INSIDE[len(checks) :]:
            checks.append(Check(name, FAILED, words))
            words = "it does not run"
    return checks


def _declared(check: Check, facts: ImageFacts) -> Check:
    """An absent part fails when the image's label says that it is there."""
    if check.state == ABSENT and check.name in facts.labels.get(PARTS, "").split(","):
        return Check(check.name, FAILED, f"the image's label says that it has {check.name}, and it is not there")
    return check


def _layers(engine: Engine, facts: ImageFacts, secrets: Sequence[bytes], base: str) -> Check:
    known = _base_layers(engine, facts, base)
    with contextlib.closing(_pieces(engine, facts)) as archive:
        scan = imagelayers.scan(archive, secrets, known)
    numbers = {layer: number for number, layer in enumerate(facts.layers, 1)}
    told = [
        f"{finding.what} in {finding.path}" + (f" (layer {numbers.get(finding.layer, '?')})" if finding.layer else "")
        for finding in scan.findings
    ]
    if missed := set(facts.layers) - scan.layers:
        told.append(f"{len(missed)} layers could not be looked into")
    if told:
        more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
        return Check("layers", FAILED, "\n".join([*told[:_TOLD], *more]))
    of_base = f", {len(known)} of the base for the build's own secrets alone" if known else ""
    return Check("layers", OK, f"{len(facts.layers)} layers{of_base}")


def _pieces(engine: Engine, facts: ImageFacts) -> Generator[bytes, None, None]:
    yield from engine.save(facts.id)


def _base_layers(engine: Engine, facts: ImageFacts, base: str) -> frozenset[str]:
    """Those that the image's label counts, or that it shares with a base that is there; none when neither is known."""
    if (count := facts.labels.get(BASE_LAYERS, "")).isdigit():
        return frozenset(facts.layers[: int(count)])
    found = engine.image(base) if base else None
    layers = found.layers if found else ()
    return frozenset(layers) if facts.layers[: len(layers)] == layers else frozenset()


def _write_bill(engine: Engine, name: str, image: str, folder: Path) -> None:
    facts = _facts(engine, name, image)
    text = sbom.document(image, facts.id, packages(engine, facts))
    file = folder / f"{name.replace('/', '_').replace(':', '_')}.cdx.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise StackError(f"{file} cannot be written: {error.strerror}", hint="name another folder") from error


def _show(proofs: dict[str, tuple[str, list[Check]]], as_json: bool) -> None:
    """Print all checks, then fail if one did."""
    bad = [name for name, (_, checks) in proofs.items() if any(check.state == FAILED for check in checks)]
    if as_json:
        console.result_json(
            [
                {"name": name, "image": image, "proven": name not in bad, "checks": [asdict(c) for c in checks]}
                for name, (image, checks) in proofs.items()
            ]
        )
    else:
        console.result(console.table(("IMAGE", "CHECK", "STATE", "WHAT"), list(_rows(proofs))))
    if bad:
        count = f"{len(bad)} of {len(proofs)} image{'' if len(proofs) == 1 else 's'}"
        raise FaultsFound(
            f"{count} not proven: {', '.join(bad)}", hint="repair what failed, inv images.build, then again"
        )


def _rows(proofs: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """A check's further lines below its first."""
    for name, (_, checks) in proofs.items():
        for check in checks:
            first, *further = check.words.splitlines() or [""]
            yield name, check.name, check.state, first
            yield from (("", "", "", line) for line in further)
