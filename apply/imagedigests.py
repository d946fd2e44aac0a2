"""The digests of pushed images, in a file beside the stack file: profiles use them. Reads and writes that file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from spec.errors import StackError

_NAME = "pushed.yaml"
_HEAD = "# Written by `inv images.push`; keep it in git: profiles start these digests.\n"


@dataclass(frozen=True)
class Pushed:
    """An image as a registry has it."""

    digest: str
    """`sha256:…`, of its manifest."""
    fingerprint: str
    """Of what it was built from."""


def folder_of(file: Path) -> Path:
    """Where a stack file's own locks are."""
    return file.with_name(f"{file.stem}.images")


def pushed_images(file: Path) -> dict[str, Pushed]:
    """By address, what was pushed from a stack file; nothing before the first push.

    Raises:
        StackError: the file is damaged.
    """
    path = folder_of(file) / _NAME
    try:
        found = yaml.safe_load(path.read_text("utf-8")) or {}
        return {address: Pushed(**entry) for address, entry in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, AttributeError) as error:
        hint = "take it back from git, or remove it and push again"
        raise StackError(f"{path} cannot be read: {type(error).__name__}", hint) from None


def write_pushed(file: Path, images: Mapping[str, Pushed]) -> None:
    """Put these beside what is there, whole or not at all.

    Raises:
        StackError: the disk refuses.
    """
    # Every command on a cluster reads digests; only a push needs what writes locks.
    from apply import imagefiles

    entries = {address: asdict(entry) for address, entry in {**pushed_images(file), **images}.items()}
    imagefiles.write(folder_of(file), {_NAME: _HEAD + imagefiles.as_yaml(entries)})


def digests(file: Path) -> dict[str, str]:
    """By address, the digest that profiles use."""
    return {address: entry.digest for address, entry in pushed_images(file).items()}
