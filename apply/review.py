"""`inv review BASE HEAD`: what a change of the stack file means, from two states of it in git, without any target."""

from pathlib import Path
from typing import Literal

from apply import console
from apply.imagedigests import folder_of, pushed_images
from apply.run import found, run
from apply.validation import validated
from render import review as text
from spec.errors import PlanNotEmpty, StackError, ToolMissing
from spec.load import parse
from spec.pushed import FILE, Declared, pushed

Form = Literal["markdown", "json", "junit"]
WORKING_TREE = "."


def show(spec: str, base: str, head: str, form: Form, check: bool) -> None:
    """Print what the change from one state to the other means.

    Args:
        base, head: revisions of git, or `.` for the file as it lies there.
        check: end with 3 when somebody loses something.

    Raises:
        SpecError: the newer file has problems.
        StackError: git does not know a state, the newer one has no such file, or what one notes of images is damaged.
    """
    path = Path(spec)
    after = _state(path, head)
    if after is None:
        raise StackError(f"{spec} is not in {head}", hint="--spec FILE, as it is called there")
    made = text.review(_state(path, base), after)
    if form == "json":
        console.result_json(text.as_json(made, after.stack.name))
    else:
        console.result((text.as_junit if form == "junit" else text.in_markdown)(made, after.stack.name).rstrip("\n"))
    if check and made.breaks:
        raise PlanNotEmpty("somebody loses something by this change")


def _state(path: Path, revision: str) -> Declared | None:
    """What a state declares; None where there was no stack file."""
    if revision == WORKING_TREE:
        return Declared(validated(str(path)), pushed_images(path))
    if found("git") is None:
        raise ToolMissing("git is not there, and it has the states of the stack file", hint="install git")
    folder = path.resolve().parent
    commit = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    known = _asked(folder, *commit, what=revision).strip()
    content = _text(folder, known, path.name, revision)
    if content is None:
        return None
    notes = f"{folder_of(path).name}/{FILE}"
    images = _text(folder, known, notes, revision)
    return Declared(parse(content, f"{revision}:{path.name}")[0], pushed(images or "", f"{revision}:{notes}"))


def _text(folder: Path, commit: str, name: str, revision: str) -> str | None:
    """Of a file of a state; None where there was none."""
    if not _asked(folder, "ls-tree", "--name-only", commit, "--", f"./{name}", what=f"the files of {revision}"):
        return None
    return _asked(folder, "show", f"{commit}:./{name}", what=f"reading {name} of {revision}")


def _asked(folder: Path, *words: str, what: str) -> str:
    try:
        return run(["git", "-C", str(folder), *words], what=f"asking git for {what}")
    except StackError as error:
        hint = "a branch, a tag or a commit of the repository that has the stack file; fetch it first; `.` for the file"
        raise StackError(f"git does not know {what}: {error.message}", hint) from error
