"""`inv bundle`: everything an install needs, in one signed file for a network that reaches nothing else."""

import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from apply import bundlefile, bundleimages, bundlekeys, bundlewheels, charts, console, manifests
from apply.helm import Helm, Release
from apply.hubimage import with_hub_image
from apply.state import disk_errors
from apply.target import Target, Tell, target
from render import mirror
from render.cluster import RELEASES
from render.environments import environments
from render.renewer import HUB_IMAGE

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

WHEELS, CHARTS, IMAGES = "wheels", "charts", "images"
_ROOT = Path(__file__).parent.parent
_README = """\
A platform for a network that reaches nothing else. Check it, unpack it, install it:

    tar -xf BUNDLE -C bundle            # beside the .pub file that came another way
    python3 -m venv venv
    venv/bin/pip install --no-index --find-links bundle/wheels \\
        --constraint bundle/wheels/constraints.txt --requirement bundle/wheels/requirements.txt
    tar -xzf bundle/platform.tar.gz && cd platform
    ../venv/bin/inv install --spec ../bundle/stack.yaml --bundle ../BUNDLE --trust ../KEY.pub

The last command checks the signature and each file again. Kubernetes also wants Helm, and skopeo for images.mirror.
"""


def make(spec: str, out: str, key: str, engine: bool) -> None:
    """Collect what the stack file needs and write it, signed, to one file.

    Args:
        key: file of the signing key; empty for the user's own.
        engine: images come from the engine of this machine.

    Raises:
        StackError: something cannot be had, or the file not be written.
    """
    found, file = target(spec, None), Path(out)
    signing = Path(key) if key else bundlekeys.default()
    secret = bundlekeys.signing(signing)
    with disk_errors(file), console.Progress() as progress, tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        folder = Path(scratch) / "content"
        about = _collected(found, Path(spec), folder, engine, progress.tell)
        progress.tell("signing")
        bundlefile.pack(folder, file, about, secret)
    console.say(f"signed with {signing}; whoever installs needs {bundlekeys.public_of(signing)}, by another way")
    console.result(str(file))


def _collected(found: Target, spec: Path, folder: Path, engine: bool, tell: Tell) -> dict[str, Any]:
    """Fill the folder; what the list says of it."""
    local = found.stack.target.kind == "local"
    needed = environments(found.stack) if local else {}
    folder.mkdir()
    shutil.copyfile(spec, folder / "stack.yaml")
    shutil.copyfile(_ROOT / "schema" / "stack.schema.json", folder / "stack.schema.json")
    (folder / "README.txt").write_text(_README, "utf-8")
    bundlewheels.pack_platform(folder / "platform.tar.gz")
    bundlewheels.collect(folder / WHEELS, found.stack.target.kind, needed.values(), tell)
    return {
        "stack": found.stack.name,
        "target": found.stack.target.kind,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "environments": needed,
        "images": {} if local else _cluster(found, folder, engine, tell),  # type: ignore[arg-type]
        **bundlewheels.machine(),
    }


def _cluster(found: "ClusterTarget", folder: Path, engine: bool, tell: Tell) -> dict[str, dict[str, str]]:
    """Chart and images; the images as `{reference: {"digest", "path"}}`."""
    (folder / CHARTS).mkdir()
    fetched = {}
    wanted = sorted(references(found, folder / CHARTS, tell))
    for number, reference in enumerate(wanted):
        tell(f"image {number + 1} of {len(wanted)}: {reference}")
        path = f"{IMAGES}/{number}"
        fetched[reference] = {"digest": bundleimages.fetch(reference, folder / path, engine), "path": path}
    return fetched


def references(found: "ClusterTarget", kept: Path | None, tell: Tell) -> set[str]:
    """Every image that the stack runs, as it is called where no mirror is.

    Args:
        kept: a folder that gets a copy of the chart that is not ours.

    Raises:
        StackError: the chart is not to be had, or refuses the values.
    """
    plain = msgspec.structs.replace(found.stack, images=msgspec.structs.replace(found.stack.images, mirror=None))
    helm, images = Helm(plain.target.context), set()
    artifacts = type(found)(plain, found.file).artifacts()
    for declared in json.loads(artifacts[RELEASES]):
        chart = charts.found(declared["chart"], helm, tell)
        if kept is not None and chart.path.parent == charts.cache():  # another one is found by its own path
            shutil.copyfile(chart.path, kept / chart.path.name)
        values = json.loads(artifacts[declared["values"]])
        if HUB_IMAGE in artifacts[declared["values"]]:
            values = with_hub_image(values, chart.values())
        release = Release(declared["name"], plain.target.namespace, chart.path, values)
        images |= bundleimages.of_manifests(manifests.objects(helm.manifests(release, None)))
        images |= mirror.images(values.get("singleuser"))
    return images
