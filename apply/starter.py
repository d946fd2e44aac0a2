"""`inv init`: a few questions, then a commented stack file."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apply import console
from apply.generated import ROOT
from apply.state import disk_errors
from spec.errors import SpecError, StackError
from spec.load import parse
from spec.starter import HOMES, TARGETS, Answers, logins, starter

_YES_NO = ("yes", "no")
_SCHEMA = "schema/stack.schema.json"


@dataclass(frozen=True)
class _Question:
    """One answer of the stack file, and when it is asked for."""

    field: str
    words: str
    asked: Callable[[Answers], bool]
    choices: Callable[[Answers], tuple[str, ...]] = lambda _: ()


def _always(_: Answers) -> bool:
    return True


def _cluster(answers: Answers) -> bool:
    return answers.target == "kubernetes"


_QUESTIONS = (
    _Question("target", "Run on this machine or on a cluster?", _always, lambda _: TARGETS),
    _Question("name", "Name of the stack", _always),
    _Question("host", "Host name that users type", _cluster),
    _Question("login", "How do users sign in?", _always, logins),
    _Question("provider", "Address of the login provider", lambda answers: answers.login in ("keycloak", "oidc")),
    _Question("admin", "User name of the first administrator", _always),
    _Question("vault", "Give each user secrets of their own?", _always, lambda _: _YES_NO),
    _Question("vault_address", "Address of Vault", lambda answers: _cluster(answers) and answers.vault),
    _Question("homes", "Homes on claims of the cluster or on an NFS server?", _cluster, lambda _: HOMES),
    _Question("nfs_server", "NFS server", lambda answers: _cluster(answers) and answers.homes == "nfs"),
    _Question("nfs_path", "Exported folder", lambda answers: _cluster(answers) and answers.homes == "nfs"),
    _Question("gpu", "Offer a profile with GPUs?", _cluster, lambda _: _YES_NO),
)


def write(out: str, force: bool, given: Mapping[str, Any]) -> None:
    """Ask what was not given, write the file, say what comes next.

    Args:
        given: field of `Answers` -> what a flag said; empty: ask. Other keys do not count.

    Raises:
        StackError: the file is there already, or what was given is no answer.
    """
    path = Path(out)
    if path.exists() and not force:
        raise StackError(f"{out} is there already", hint=f"inv init --force, or --out another-{path.name}")
    answers = Answers(schema=Path(os.path.relpath(ROOT / _SCHEMA, path.parent)).as_posix())
    for question in _QUESTIONS:
        answers = _answered(question, answers, given.get(question.field, ""))
    with disk_errors(path):
        path.write_text(starter(answers), "utf-8")
    option = "" if out == "stack.yaml" else f" --spec {out}"
    console.say(f"{out} is written; edit it, then: inv validate{option}, inv install{option}")


def _answered(question: _Question, answers: Answers, given: str) -> Answers:
    """The answers with one more; a wrong one is asked for again where somebody can be asked."""
    if not question.asked(answers):
        if given:
            raise StackError(
                f"--{question.field.replace('_', '-')} has no meaning with the other answers", hint="leave it out"
            )
        return answers
    choices = question.choices(answers)
    while True:
        answer = given or console.ask(_asked(question.words, choices), _default(answers, question.field, choices))
        fault = _fault(answer, choices) or _refusal(with_it := _with(answers, question.field, answer))
        if not fault:
            return with_it
        if given or not console.interactive():
            raise StackError(f"{question.field.replace('_', ' ')}: {fault}")
        console.say(fault)


def _asked(words: str, choices: tuple[str, ...]) -> str:
    return f"{words} ({', '.join(choices)})" if choices else words


def _default(answers: Answers, field: str, choices: tuple[str, ...]) -> str:
    value = getattr(answers, field)
    if isinstance(value, bool):
        return _YES_NO[0] if value else _YES_NO[1]
    return str(value) or choices[0]


def _with(answers: Answers, field: str, answer: str) -> Answers:
    value: Any = answer == _YES_NO[0] if isinstance(getattr(answers, field), bool) else answer
    return replace(answers, **{field: value})


def _fault(answer: str, choices: tuple[str, ...]) -> str:
    return "" if not choices or answer in choices else f"{answer!r} is none of {', '.join(choices)}"


def _refusal(answers: Answers) -> str:
    """Why a file with these answers would not be valid; empty when it is."""
    try:
        parse(starter(answers), "stack.yaml")
    except SpecError as error:
        first = error.problems[0]
        return f"{first.message} ({first.hint})" if first.hint else first.message
    return ""
