"""`inv restore`: a hub with its users comes back from a backup, on a target that is empty or that runs."""

from pathlib import Path
from typing import Any

from apply import backuparchive, console
from apply.backuparchive import STACK_FILE, Archive
from apply.fingerprints import fingerprints
from apply.hubdatabase import exchange
from apply.installation import confirmation
from apply.outfile import write
from apply.rescue import Rescue, rescue
from apply.scratch import scratch
from apply.target import Options
from spec.errors import StackError

_CONSEQUENCES = {
    "cookie": "everybody signs in again",
    "crypt": "what the hub keeps encrypted (auth state) cannot be read: users of a provider sign in again",
    "seal": "users' secrets of the former place cannot be read",
}
"""Part of a secret's name -> what it means that another one is there."""


def restore(spec: str, state: str | None, file: str, yes: bool, as_json: bool) -> None:
    """Install the stack where there is none, and give its hub the database of a backup.

    Raises:
        StackError: the archive is not one for this stack, or the hub does not come up with it.
    """
    with scratch() as folder:
        archive = backuparchive.read(Path(file), folder)
        _ensure_stack_file(spec, archive, file)
        found = rescue(spec, state)
        _check(found, archive, file)
        there = found.installed()
        with console.Progress(as_json) as progress:
            if there and not yes:
                with progress.paused():
                    console.confirm(_question(found, archive), f"inv restore {file} --yes")
            # What stands there by half is brought to its end first, so that there is a hub to give the database to.
            _ensure_installed(found, there, progress, as_json)
            with found.target.locked("restore", progress.tell):
                found.database.stop_servers(progress.tell)
                kept = exchange(found.database, archive.database, progress.tell)
                if not there:
                    found.forget_first_login()
    _report(found, archive, kept, as_json)


def _ensure_stack_file(spec: str, archive: Archive, file: str) -> None:
    """The site's own file counts; the backup's is for a place that has none."""
    path = Path(spec)
    if not path.exists():
        write(spec, archive.text(STACK_FILE), "--spec")
        console.say(f"{spec} is written from {file}")
    elif path.read_bytes() != (archive.folder / STACK_FILE).read_bytes():
        console.say(f"note: {spec} differs from the stack file in {file}; {spec} counts")


def _check(found: Rescue, archive: Archive, file: str) -> None:
    """Whether this backup is of this stack, and of nothing newer than what is to run on it."""
    stack, manifest = found.target.stack, archive.manifest
    theirs, ours = (manifest["stack"], manifest["target"]), (stack.name, stack.target.kind)
    if theirs != ours:
        message = f"{file} is of stack {theirs[0]} (target {theirs[1]}), and this is {ours[0]} (target {ours[1]})"
        raise StackError(f"{message}; nothing was changed", hint="name the stack file of that stack with --spec")
    for name, version in found.versions().items():
        wanted = str(manifest["versions"].get(name, version))
        if _order(wanted) > _order(version):
            message = f"{file} is from {name} {wanted}, and {version} would run here; nothing was changed"
            raise StackError(message, hint=f"an older {name} cannot read a newer one's database: upgrade first")
    found.database.described(archive.database)


def _order(version: str) -> tuple[int, ...]:
    """Numbers of a version, as far as they go."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _question(found: Rescue, archive: Archive) -> str:
    return (
        f"Stack {found.target.stack.name} is installed. Stop its hub and all servers, and go back to the users, "
        f"passwords and tokens of {archive.manifest['time']}?"
    )


def _ensure_installed(found: Rescue, there: bool, progress: console.Progress, quiet: bool) -> None:
    if there:
        return
    confirm = confirmation(progress, yes=True, quiet=quiet, otherwise="")
    found.target.install(Options(), confirm, progress.tell)


def _differing(found: Rescue, archive: Archive) -> dict[str, str]:
    """Secret -> what follows from it being another one than at the time of the backup."""
    manifest = archive.manifest
    here = fingerprints(found.secrets(), str(manifest["salt"]))
    other = [name for name, mark in manifest["secrets"].items() if here.get(name) != mark]
    return {name: words for name in other for part, words in _CONSEQUENCES.items() if part in name}


def _report(found: Rescue, archive: Archive, kept: str, as_json: bool) -> None:
    other, inside = _differing(found, archive), archive.manifest["contents"]
    if as_json:
        result: dict[str, Any] = {"url": found.target.url(), "contents": inside, "kept": kept, "other_secrets": other}
        console.result_json(result)
        return
    console.say(
        f"the hub runs with {inside['users']} users and {inside['tokens']} tokens of {archive.manifest['time']}"
    )
    if kept:
        console.say(f"the database that was there is kept beside it as {kept}")
    for name, words in sorted(other.items()):
        console.say(f"note: secret {name} is another one than at the time of the backup: {words}")
    if archive.manifest["homes"]:
        console.say(f"homes are not in a backup: {len(archive.manifest['homes'])} were there (docs/backup.md)")
    console.result(found.target.url())
