"""`inv doctor`: each part of a stack is looked at and judged; with --fix what is safe is put right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apply import console, diagnosis, findings, logincheck, loginprobes
from apply.codes import WORDS
from apply.findings import Report
from apply.target import Target, Tell, target
from spec.errors import FaultsFound, StackError
from spec.login import by_provider
from spec.quantities import bytes_of

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.local import LocalTarget

LEAST_FREE = "1Gi"
"""Below it a first start of OpenBao, a log before its turn, or one large notebook fills a disk."""


@dataclass(frozen=True)
class Request:
    """What is asked of the doctor."""

    only: str = ""
    """One part; empty for all."""
    fix: bool = False
    least_free: str = LEAST_FREE


def examine(spec: str, state: str | None, request: Request, as_json: bool) -> None:
    """Print what is wrong.

    Raises:
        FaultsFound: something is, and not only a warning.
        StackError: there is no such part, or nothing can be looked at.
    """
    free = _bytes(request.least_free)
    found = target(spec, state)
    parts = _parts(found)
    if request.only and request.only not in parts:
        raise StackError(f"--only {request.only}: there is no such part", hint=f"one of: {', '.join(parts)}")
    with console.Progress(as_json) as progress:
        reports = examined(found, request.only, free, progress.tell)
    if request.fix and _fixed(found, reports):
        with console.Progress(as_json) as progress:
            reports = examined(found, request.only, free, progress.tell)
    if as_json:
        console.result_json(findings.document(reports))
    else:
        for reason in (reason for report in reports for reason in report.unseen):
            console.say(f"not looked at: {reason}")
        console.result(findings.text(reports))
    if findings.errors(reports):
        raise FaultsFound("this stack has errors", hint="the line `repair` of each says what to do, then inv doctor")


def _bytes(quantity: str) -> int:
    try:
        return bytes_of(quantity)
    except (AssertionError, KeyError, ValueError):
        raise StackError(f"--least-free {quantity}: that is no amount of bytes", hint="such as 500Mi or 2Gi") from None


def _parts(found: "LocalTarget | ClusterTarget") -> tuple[str, ...]:
    if found.stack.target.kind == "kubernetes":
        from apply.clustercheck import RULES as OF_CLUSTER

        return (*OF_CLUSTER, "login")
    from apply.machinecheck import RULES as OF_MACHINE

    return (*OF_MACHINE, "login")


def examined(found: "LocalTarget | ClusterTarget", only: str, least_free_bytes: int, tell: Tell) -> Sequence[Report]:
    """All parts that are asked for, each cause told once.

    Args:
        only: one part; empty for all.

    Raises:
        StackError: nothing is installed.
    """
    reports: list[Report] = []
    if only != "login":
        reports += _of_target(found, least_free_bytes, tell)
    if only in ("", "login"):
        reports.append(_login(found, tell))
    return diagnosis.causes_only([one for one in reports if only in ("", one.part)], WORDS)


def _of_target(found: "LocalTarget | ClusterTarget", least_free_bytes: int, tell: Tell) -> list[Report]:
    from apply.local import LocalTarget

    if isinstance(found, LocalTarget):
        from apply import machinecheck, machineprobes

        return machinecheck.reports(machineprobes.observed(found, least_free_bytes, tell))
    from apply import clustercheck, clusterprobes

    return clustercheck.reports(clusterprobes.observed(found, tell))


def _fixed(found: "LocalTarget | ClusterTarget", reports: Sequence[Report]) -> bool:
    """Whether anything was done; what is done is said before."""
    from apply import doctorfixes

    done = False
    for code in dict.fromkeys(one.code for report in reports for one in report.findings):
        if fix := doctorfixes.fix(found, code):
            console.say(f"fixing {code}: {fix.words}")
            fix.apply()
            done = True
    return done


def _login(found: Target, tell: Callable[[str], None]) -> Report:
    kind = found.stack.auth.kind
    if not by_provider(found.stack.auth):
        return Report("login", (), (f"a provider: the hub itself knows the users (auth.kind: {kind})",))
    tell("login: asking the provider")
    seen = loginprobes.observed(found)
    return Report("login", logincheck.findings(seen), seen.unseen)
