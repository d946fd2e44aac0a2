"""The digests of pushed images, in a file beside the stack file: profiles use them. Reads and writes that file."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from apply.imagefiles import folder_of
from apply.state import disk_errors
from spec.errors import StackError

_HEAD = "# Written by `inv images.push`; keep it in git: profiles start these digests.\n"


@dataclass(frozen=True)
class Pushed:
    """An image as a registry has it."""

    digest: str
    """`sha256:…`, of its manifest."""
    fingerprint: str
    """Of what it was built from."""


def pushed_images(file: Path) -> dict[str, Pushed]:
    """By address, what was pushed from a stack file; nothing before the first push.

    Raises:
        StackError: the file is damaged.
    """
    path = _path(file)
    try:
        found = yaml.safe_load(path.read_text("utf-8")) or {}
        return {address: Pushed(**entry) for address, entry in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, AttributeError) as error:
        raise StackError(
            f"{path} cannot be read: {type(error).__name__}", hint="inv images.push writes it anew"
        ) from None


def write_pushed(file: Path, images: Mapping[str, Pushed]) -> None:
    """Put these beside what is there, whole or not at all.

    Raises:
        StackError: the disk refuses.
    """
    path = _path(file)
    entries = {address: asdict(entry) for address, entry in sorted({**pushed_images(file), **images}.items())}
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".pushed.", delete=False) as scratch:
            scratch.write(_HEAD + yaml.safe_dump(entries, sort_keys=True))
        Path(scratch.name).chmod(0o644)
        Path(scratch.name).replace(path)


def digests(file: Path) -> dict[str, str]:
    """By address, the digest that profiles use."""
    return {address: entry.digest for address, entry in pushed_images(file).items()}


def _path(file: Path) -> Path:
    return folder_of(file) / "pushed.yaml"
