"""`inv upgrade`: another version, rehearsed on a copy first, with a backup and a way back."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apply import backup, backuparchive, console
from apply.installation import confirmation, report
from apply.losses import Report
from apply.rescue import Rescue, rescue
from apply.scratch import scratch
from apply.state import disk_errors
from apply.target import Options, Tell
from spec.errors import AppliedInPart, StackError, WouldLose


def upgrade(spec: str, state: str | None, to: str, rehearse: bool, *, accept: bool, yes: bool, as_json: bool) -> None:
    """Rehearse the other version, and unless that is all: back up, install it, prove it.

    Args:
        accept: go on where somebody would lose something.

    Raises:
        WouldLose: somebody would.
        StackError: the new version does not come up; the former one runs again, with its database.
    """
    found = rescue(spec, state)
    with console.Progress(as_json) as progress:
        with found.target.locked("upgrade", progress.tell):
            seen = found.rehearse(to, progress.tell)
        if rehearse or (seen.loses and not accept):
            with progress.paused():
                _show(seen, as_json)
                _judge(seen, to)
            return
        kept = _kept(found, Path(spec), progress.tell)
        confirm = confirmation(progress, yes, as_json, f"inv upgrade --to {to} --yes")
        try:
            done = found.upgrade(to, Options(new_homes=accept), confirm, progress.tell)
        except StackError as error:
            raise _back(found, kept, error, progress.tell) from error
    console.say(f"the database from before is in {kept}")
    report(done, as_json)


def _kept(found: Rescue, spec: Path, tell: Tell) -> Path:
    """A backup from just before, beside what this machine keeps of the stack, and never in it."""
    place = found.folder()
    folder = place.with_name(f"{place.name}.backups")
    with disk_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with found.target.locked("upgrade", tell):
        path, _ = backup.written(found, spec, folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.tar", tell)
    tell(f"a backup is in {path}")
    return path


def _back(found: Rescue, kept: Path, error: StackError, tell: Tell) -> StackError:
    """The failure with the state of the world."""
    try:
        with scratch() as folder:
            archive = backuparchive.read(kept, folder)
            with found.target.locked("upgrade", tell):
                state = found.back(archive.database, error, tell)
    except StackError as second:
        return AppliedInPart(
            f"{error.message}\nthe way back failed: {second.message}", hint=f"inv restore {kept} --yes"
        )
    return StackError(f"{error.message}\n{state}; the backup is {kept}", error.hint)


def _judge(seen: Report, to: str) -> None:
    if seen.loses:
        go_on = f"inv upgrade {f'--to {to} ' if to else ''}--accept"
        hint = f"put it right first (docs/upgrade.md), or {go_on}"
        raise WouldLose("somebody would lose something; nothing was changed", hint)


def _show(seen: Report, as_json: bool) -> None:
    if as_json:
        console.result_json(_document(seen))
        return
    facts = seen.seen
    lines = [f"{what}: {before} -> {after}" for what, (before, after) in seen.versions.items()]
    lines.append(", ".join(f"{name} {version}" for name, version in facts["versions"].items()))
    lines.append(f"database: {facts['bytes'] / 2**20:.1f} MiB, migrated on a copy in {facts['seconds']} s")
    if facts["trouble"]:
        lines += ["the new hub does not come up with it:", *(f"  | {line}" for line in facts["trouble"].splitlines())]
    else:
        lines.append(f"the new hub answered after {facts['hub_seconds']} s")
    homes = [home for home in seen.homes if home.outcome != "none"]
    lines.append(
        f"homes: {len(homes)}, found by their names or by what is written on them: "
        f"{sum(home.outcome == 'found' for home in homes)}"
    )
    lines += [
        f"  {home.user}: {'a new, empty home' if home.outcome == 'empty' else 'no server starts'}; {home.why}"
        for home in homes
        if home.outcome != "found"
    ]
    lines += [
        f"  {home.user}: in {home.claim}, not {home.wanted}; found {home.why}"
        for home in homes
        if home.outcome == "found" and home.claim != home.wanted
    ]
    lines += [f"login refused: {user}: {why}" for user, why in seen.logins]
    lines += [f"setting: {problem}" for problem in seen.settings]
    lines += [f"note: {note}" for note in seen.notes]
    console.result("\n".join(lines))


def _document(seen: Report) -> dict[str, Any]:
    facts = {key: value for key, value in seen.seen.items() if key != "names"}
    logins = [{"user": user, "why": why} for user, why in seen.logins]
    whole = asdict(seen) | {"seen": facts, "logins": logins, "loses": seen.loses}
    return {"rehearsal" if key == "seen" else key: value for key, value in whole.items()}
