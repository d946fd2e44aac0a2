"""`inv doctor`: each part of a stack is looked at and judged; nothing is changed."""

from collections.abc import Callable

from apply import console, findings, logincheck, loginprobes
from apply.findings import Report
from apply.target import Target, target
from spec.errors import FaultsFound, StackError
from spec.login import by_provider


def examine(spec: str, state: str | None, only: str, as_json: bool) -> None:
    """Print what is wrong.

    Args:
        only: one part; empty for all.

    Raises:
        FaultsFound: something is, and not only a warning.
        StackError: there is no such part, or nothing can be looked at.
    """
    if only and only not in _PARTS:
        raise StackError(f"--only {only}: there is no such part", hint=f"one of: {', '.join(_PARTS)}")
    found = target(spec, state)
    with console.Progress(as_json) as progress:
        reports = [look(found, progress.tell) for name, look in _PARTS.items() if only in ("", name)]
    if as_json:
        console.result_json(findings.document(reports))
    else:
        for reason in (reason for report in reports for reason in report.unseen):
            console.say(f"not looked at: {reason}")
        console.result(findings.text(reports))
    if findings.errors(reports):
        raise FaultsFound("this stack has errors", hint="the line `repair` of each says what to do, then inv doctor")


def _login(found: Target, tell: Callable[[str], None]) -> Report:
    kind = found.stack.auth.kind
    if not by_provider(found.stack.auth):
        return Report("login", (), (f"a provider: the hub itself knows the users (auth.kind: {kind})",))
    tell("login: asking the provider")
    seen = loginprobes.observed(found)
    return Report("login", logincheck.findings(seen), seen.unseen)


_PARTS: dict[str, Callable[[Target, Callable[[str], None]], Report]] = {"login": _login}
