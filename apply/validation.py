"""Check a stack file; imports nothing that talks to anyone, so that it is quick."""

from dataclasses import asdict
from pathlib import Path

from apply import console
from spec.errors import SpecError
from spec.load import load_with_warnings
from spec.model import Stack
from spec.problems import Problem


def validated(spec: str) -> Stack:
    """The stack of a file; its warnings are printed."""
    stack, warnings = load_with_warnings(Path(spec))
    for warning in warnings:
        console.say(str(warning))
    return stack


def validate(spec: str, as_json: bool) -> None:
    """Check a stack file and say that it is good.

    Raises:
        SpecError: it is not; with `as_json` the problems are on standard output too.
    """
    try:
        stack = validated(spec)
    except SpecError as error:
        if as_json:
            console.result_json({"valid": False, "problems": [_document(problem) for problem in error.problems]})
        raise
    if as_json:
        console.result_json({"valid": True, "name": stack.name, "target": stack.target.kind})
    else:
        console.say(f"{spec} is valid: stack {stack.name}, target {stack.target.kind}")


def _document(problem: Problem) -> dict[str, str | int]:
    """A problem for programs: without the line itself."""
    found = asdict(problem)
    found.pop("source")
    return found
