"""Check a stack file; imports nothing that talks to anyone, so that it is quick."""

from pathlib import Path

from apply import console
from spec.load import load_with_warnings
from spec.model import Stack


def validated(spec: str) -> Stack:
    """The stack of a file; its warnings are printed."""
    stack, warnings = load_with_warnings(Path(spec))
    for warning in warnings:
        console.say(str(warning))
    return stack


def validate(spec: str, as_json: bool) -> None:
    """Check a stack file and say that it is good."""
    stack = validated(spec)
    if as_json:
        console.result_json({"valid": True, "name": stack.name, "target": stack.target.kind})
    else:
        console.say(f"{spec} is valid: stack {stack.name}, target {stack.target.kind}")
