"""From the stack file to a running stack and back: render, plan, install, uninstall."""

from dataclasses import replace
from pathlib import Path

from apply import console, declared, plan
from apply.imagedigests import pushed_images
from apply.plan import Plan
from apply.state import disk_errors
from apply.target import SPAWN, Confirm, FirstLogin, Options, Outcome, target
from spec.errors import PlanNotEmpty, StackError
from spec.pushed import Declared


def write_artifacts(spec: str, out: str) -> None:
    """Write every artifact of the target below `out`; values of a machine or cluster stay `@{placeholders}`."""
    artifacts = target(spec, None).artifacts()
    folder = Path(out)
    with disk_errors(folder):
        for name, text in artifacts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    console.say(f"{len(artifacts)} files are in {folder}")


def show_plan(spec: str, state: str | None, options: Options, form: str, check: bool) -> None:
    """Print what install would change.

    Args:
        form: `text`, `json` or `markdown`.

    Raises:
        PlanNotEmpty: with `check`, when there is anything.
    """
    stack = target(spec, state)
    found = stack.examine(options, console.say)
    if form == "json":
        console.result_json(_document(found))
    elif form == "markdown":
        wanted = Declared(stack.stack, pushed_images(Path(spec)))
        console.result(plan.markdown(found, _hits(declared.read(found.before), wanted)))
    else:
        _say_besides(found)
        console.result(plan.text(found.changes) if found.changes else "nothing to change")
    if check and found.changes:
        raise PlanNotEmpty(plan.waiting(found.changes), hint="inv install")


def _hits(before: Declared | None, after: Declared) -> list[str]:
    """For whom a plan changes something, in the words of `inv review`."""
    if before is None:
        return []
    from render import review  # who asks for no merge request need not wait for it

    return review.tables(review.review(before, after))


def install(
    spec: str, state: str | None, options: Options, yes: bool, as_json: bool, bundle: str = "", trust: str = ""
) -> None:
    """Make the target agree with the stack file, prove it, and print the URL.

    Args:
        bundle: a file that `inv bundle` made, instead of the network.
        trust: the key that its signature is checked with.

    Raises:
        StackError: there is no such proof, and what `Target.install` raises.
    """
    if options.prove not in ("", SPAWN):
        raise StackError(f"there is no proof {options.prove!r}; nothing was changed", hint=f"--prove {SPAWN}")
    stack = target(spec, state)
    with console.Progress(as_json) as progress:
        confirm = confirmation(progress, yes, as_json, "inv install --yes")
        if bundle:
            from apply import bundleinstall  # an install that changes nothing needs none of it

            options = replace(options, wheels=bundleinstall.bring(stack, bundle, trust, progress.tell))
        done = stack.install(options, confirm, progress.tell)
    report(done, as_json)


def confirmation(progress: console.Progress, yes: bool, quiet: bool, otherwise: str) -> Confirm:
    """Shows a plan, and asks where somebody who works on the stack now would notice.

    Args:
        otherwise: the command that does not ask.
    """

    def confirm(found: Plan) -> None:
        if not quiet:
            with progress.paused():
                _say_besides(found)
                console.say(plan.text(found.changes))
        if plan.interrupts(found.changes) and console.interactive() and not yes:
            with progress.paused():
                console.confirm("Apply these changes?", otherwise)

    return confirm


def _say_besides(found: Plan) -> None:
    for note in (*found.notes, *found.warnings):
        console.say(f"note: {note}")


def report(done: Outcome, as_json: bool) -> None:
    """Say what was done, and print the URL."""
    for warning in done.warnings:
        console.say(warning)
    changes, first = done.plan.changes, done.first_login
    if as_json:
        waiting = first.where if first else None
        console.result_json({"url": done.url, **_document(done.plan), "first_password": waiting})
        return
    console.say(f"{plan.counted(changes)} applied" if changes else "nothing changed: the stack is as declared")
    if first is not None:
        _show_first_login(first, new=bool(changes))
    console.result(done.url)


def _show_first_login(first: FirstLogin, new: bool) -> None:
    """A password belongs on a terminal, once, or in a private place; never in the log of a script."""
    if console.interactive():
        console.say(f"sign in as {first.user} with the password {first.password} (shown this once)")
        first.forget()
    elif new:
        console.say(f"sign in as {first.user}; the password is in {first.where}: read it, then delete it")


def uninstall(spec: str, state: str | None, purge: bool, yes: bool) -> None:
    """Remove what install made; homes and secrets stay unless `purge`."""

    def confirm(question: str) -> None:
        if not yes:
            with progress.paused():
                console.confirm(question, otherwise="inv uninstall --purge --yes")

    stack = target(spec, state)
    with console.Progress() as progress:
        said = stack.uninstall(purge, confirm, progress.tell)
    console.say(said)


def _document(found: Plan) -> dict[str, object]:
    return {"changes": plan.document(found.changes), "notes": list(found.notes), "warnings": list(found.warnings)}
