"""The digests of pushed images, in a file beside the stack file: profiles use them. Reads and writes that file."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import to_builtins

from spec.pushed import FILE, Pushed, pushed, unreadable

_HEAD = "# Written by `inv images.push`; keep it in git: profiles start these digests.\n"


def folder_of(file: Path) -> Path:
    """Where a stack file's own locks are."""
    return file.with_name(f"{file.stem}.images")


def pushed_images(file: Path) -> dict[str, Pushed]:
    """By address, what was pushed from a stack file; nothing before the first push.

    Raises:
        StackError: the file is damaged.
    """
    path = folder_of(file) / FILE
    try:
        return pushed(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(str(path), error) from None


def write_pushed(file: Path, images: Mapping[str, Pushed]) -> None:
    """Put these beside what is there, whole or not at all.

    Raises:
        StackError: the disk refuses.
    """
    # Every command on a cluster reads digests; only a push needs what writes locks.
    from apply import imagefiles

    entries = {address: to_builtins(entry) for address, entry in {**pushed_images(file), **images}.items()}
    imagefiles.write(folder_of(file), {FILE: _HEAD + imagefiles.as_yaml(entries)})


def digests(file: Path) -> dict[str, str]:
    """By address, the digest that profiles use."""
    return {address: entry.digest for address, entry in pushed_images(file).items()}
