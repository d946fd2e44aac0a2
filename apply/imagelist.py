"""`inv images.list`: what the stack file declares, the engine has, the registry has, the cluster runs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from apply import console, imageproof
from apply.engine import Engine, engine_of
from apply.imagecontext import Ingredients
from apply.imagedigests import pushed_images
from apply.imagefacts import ImageFacts
from apply.images import ingredients
from apply.registry import digest
from apply.validation import validated
from spec.errors import StackError
from spec.images import built_images
from spec.model import Stack
from spec.profiles import used_images
from spec.pushed import Pushed

_UNITS = 1_000_000


@dataclass(frozen=True)
class Row:
    """One image, in words."""

    image: str
    used: bool
    """By an enabled profile, or custom."""
    built: str
    proven: bool
    megabytes: int
    """Unpacked, as the engine has it."""
    pulled_megabytes: int | None
    """Compressed, as its last push noted it; None where it noted none."""
    registry: str
    pinned: str
    """What profiles start: a digest, or nothing but the tag."""
    servers: int | None
    """That run it; None where nobody could be asked."""


def show(spec: str, as_json: bool) -> None:
    """Print a row for each image that the stack can build.

    Raises:
        StackError: the stack file's locks do not fit, or there is no engine.
    """
    stack, file = validated(spec), Path(spec)
    engine = engine_of(stack)
    running = _running(stack, file)
    pushed = pushed_images(file)
    images = ingredients(stack, file, built_images(stack).values())
    rows = [_row(stack, file, engine, image, pushed, running) for image in images]
    if as_json:
        console.result_json([asdict(row) for row in rows])
    else:
        header = ("image", "used", "built", "proven", "size", "to pull", "registry", "profiles start", "servers")
        console.result(console.table(header, [_cells(row) for row in rows]))


def _row(
    stack: Stack,
    file: Path,
    engine: Engine,
    wanted: Ingredients,
    pushed: Mapping[str, Pushed],
    running: Counter[str] | None,
) -> Row:
    image = wanted.recipe.image
    facts = engine.image(image.reference)
    noted = pushed.get(image.reference)
    pinned = noted.digest if noted else ""
    address = f"{image.reference}@{pinned}" if pinned else image.reference
    return Row(
        image=image.reference,
        used=image in used_images(stack),
        built=_built(facts, wanted),
        proven=facts is not None and imageproof.proven(facts.id),
        megabytes=round(facts.size / _UNITS) if facts else 0,
        pulled_megabytes=None if noted is None or noted.size is None else round(noted.size / _UNITS),
        registry=_in_registry(stack, file, engine, image.reference, pinned),
        pinned=pinned or "the tag",
        servers=None if running is None else running[address],
    )


def _built(facts: ImageFacts | None, wanted: Ingredients) -> str:
    if facts is None:
        return "no"
    return "yes" if wanted.made(facts) else "outdated"


def _in_registry(stack: Stack, file: Path, engine: Engine, reference: str, pinned: str) -> str:
    try:
        there = digest(stack, file, reference, engine)
    except StackError as error:
        console.say(f"warning: {error.message.splitlines()[0]}")
        return "?"
    if there is None:
        return "no"
    return "as pinned" if there == pinned else _short(there)


def _running(stack: Stack, file: Path) -> Counter[str] | None:
    """How many servers run each image; None on this machine, or where the cluster does not answer."""
    if stack.target.kind != "kubernetes":
        return None
    from apply.cluster import ClusterTarget
    from apply.spawned import SERVERS

    target = ClusterTarget(stack, file)
    try:
        pods = target.kube.items(f"/api/v1/namespaces/{target.namespace}/pods", SERVERS)
    except StackError as error:
        console.say(f"warning: {error.message.splitlines()[0]}")
        return None
    return Counter(container["image"] for pod in pods for container in pod["spec"]["containers"])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.image,
        "yes" if row.used else "no",
        row.built,
        "yes" if row.proven else "no",
        f"{row.megabytes} MB" if row.megabytes else "-",
        "-" if row.pulled_megabytes is None else f"{row.pulled_megabytes} MB",
        row.registry,
        _short(row.pinned),
        "-" if row.servers is None else str(row.servers),
    )


def _short(digest: str) -> str:
    return digest[:19] if digest.startswith("sha256:") else digest
