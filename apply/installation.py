"""From the stack file to a running stack and back: render, plan, install, uninstall."""

import shutil
from pathlib import Path

from msgspec.structs import replace

from apply import confinement, console, plan
from apply.local import LocalTarget
from apply.state import StateDirectory, default_path, disk_errors
from apply.validation import validated
from render.artifacts import Artifacts, render
from spec.availability import unavailable
from spec.errors import PlanNotEmpty, SpecError, StackError
from spec.model import Stack

_KEPT = ("homes", "bao", "hub", "secrets", "tls", "log")
"""What uninstall leaves: homes, the users' secrets with their keys, accounts, and the logs."""


def target(spec: str, state: str | None) -> LocalTarget:
    """The target a stack file names, refusing what it asks for and cannot have yet.

    Raises:
        SpecError: the file has problems, or uses what is not available on this target.
    """
    path = Path(spec)
    stack = validated(spec)
    if problems := unavailable(stack, path):
        raise SpecError(problems)
    return LocalTarget(_with_files(stack, path.parent), _state_directory(stack, state))


def _state_directory(stack: Stack, state: str | None) -> StateDirectory:
    found = StateDirectory(Path(state) if state else default_path(stack.name))
    confinement.refuse_open(stack, found)
    return found


def _with_files(stack: Stack, folder: Path) -> Stack:
    """The stack with the files it names found from its own folder, as the running parts need them.

    Raises:
        StackError: one cannot be read.
    """
    found = {}
    for field in ("certificate", "key"):
        if name := getattr(stack.hub, field):
            path = (folder / name).resolve()
            try:
                path.open("rb").close()
            except OSError as error:
                raise StackError(f"hub.{field}: {path} cannot be read: {error.strerror}", f"ls -l {path}") from error
            found[field] = str(path)
    return replace(stack, hub=replace(stack.hub, **found)) if found else stack


def write_artifacts(spec: str, out: str) -> None:
    """Write every artifact of the target below `out`; values of a machine stay `@{placeholders}`."""
    artifacts = render(target(spec, None).stack)
    folder = Path(out)
    with disk_errors(folder):
        for name, text in artifacts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    console.say(f"{len(artifacts)} files are in {folder}")


def show_plan(spec: str, state: str | None, as_json: bool, check: bool) -> None:
    """Print what install would change.

    Raises:
        PlanNotEmpty: with `check`, when there is anything.
    """
    local = target(spec, state)
    changes = plan.plan(local.wanted(render(local.stack)), local.observe())
    if as_json:
        console.result_json(plan.document(changes))
    else:
        console.result(plan.text(changes) if changes else "nothing to change")
    if check and changes:
        raise PlanNotEmpty(f"{len(changes)} changes are waiting", hint="inv install")


def install(spec: str, state: str | None, yes: bool, as_json: bool) -> None:
    """Make this machine agree with the stack file, prove it, and print the URL."""
    local = target(spec, state)
    artifacts = render(local.stack)
    with local.state.lock("install", console.say):
        changes = plan.plan(local.wanted(artifacts), local.observe())
        if changes:
            _apply(local, artifacts, changes, yes, as_json)
        _report(local, changes, as_json)


def _apply(local: LocalTarget, artifacts: Artifacts, changes: list[plan.Change], yes: bool, quiet: bool) -> None:
    if not quiet:
        console.say(plan.text(changes))
    if plan.interrupts(changes) and console.interactive() and not yes:
        console.confirm("Apply these changes?", otherwise="inv install --yes")
    with console.Progress(quiet) as progress:
        local.apply(artifacts, progress.tell)


def _report(local: LocalTarget, changes: list[plan.Change], as_json: bool) -> None:
    for warning in local.warnings() if changes else ():
        console.say(warning)
    if as_json:
        waiting = str(local.first_password_path()) if local.first_password() else None
        console.result_json({"url": local.url(), "changes": plan.document(changes), "first_password": waiting})
        return
    console.say(f"{len(changes)} changes applied" if changes else "nothing changed: the stack is as declared")
    _show_first_login(local, new=bool(changes))
    console.result(local.url())


def _show_first_login(local: LocalTarget, new: bool) -> None:
    """A password belongs on a terminal, once, or in a private file; never in the log of a script."""
    password = local.first_password()
    admin = local.stack.auth.admin_users[0] if local.stack.auth.admin_users else ""
    if password and console.interactive():
        console.say(f"sign in as {admin} with the password {password} (shown this once)")
        local.first_password_path().unlink()
    elif password and new:
        console.say(f"sign in as {admin}; the password is in {local.first_password_path()}: read it, then delete it")


def uninstall(spec: str, state: str | None, purge: bool, yes: bool) -> None:
    """Remove what install made; homes and secrets stay unless `purge`."""
    local = target(spec, state)
    path = local.state.path
    if not path.exists():
        console.say(f"nothing is installed in {path}")
        return
    if purge and not yes:
        console.confirm(f"Delete {path} with all homes, accounts and secrets?", otherwise="inv uninstall --purge --yes")
    with local.state.lock("uninstall", console.say), console.Progress() as progress:
        local.remove(progress.tell)
        _remove_files(path, purge)
    if purge:
        console.say(f"{path} is gone")
    else:
        console.say(f"homes, accounts, secrets and logs stay in {path}; inv uninstall --purge removes them too")


def _remove_files(path: Path, purge: bool) -> None:
    for entry in path.iterdir():
        if purge or entry.name not in _KEPT:
            try:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
            except OSError as error:
                raise StackError(f"cannot remove {error.filename}: {error.strerror}") from error
    if purge:
        path.rmdir()
