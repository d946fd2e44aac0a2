"""`inv init`: a few questions, then a commented stack file."""

from pathlib import Path

from apply import console
from apply.state import disk_errors
from spec.errors import StackError
from spec.starter import Answers, starter


def write(out: str, target: str, name: str, force: bool) -> None:
    """Ask what was not given, write the file, say what comes next.

    Raises:
        StackError: the file is there already, or an answer is not one of the choices.
    """
    path = Path(out)
    if path.exists() and not force:
        raise StackError(f"{out} is there already", hint=f"inv init --force, or --out another-{path.name}")
    target = target or console.ask("Run on this machine (local) or on a cluster (kubernetes)?", "local")
    if target not in ("local", "kubernetes"):
        raise StackError(f"there is no target {target!r}", hint="local or kubernetes")
    answers = Answers(target=target, name=name or console.ask("Name of the stack", "jupyterhub"))
    with disk_errors(path):
        path.write_text(starter(answers), "utf-8")
    console.say(f"{out} is written; edit it, then: inv validate, inv install")
