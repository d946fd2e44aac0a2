"""What `inv doctor` finds, and how it reads. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. No text may hold a secret."""

    code: str
    severity: Severity
    what: str
    """One sentence."""
    evidence: str
    """What was seen."""
    cause: str
    repair: str
    """A command, or a setting of the stack file."""


@dataclass(frozen=True)
class Report:
    """One part of a stack, examined."""

    part: str
    findings: Sequence[Finding]
    unseen: Sequence[str] = ()
    """What could not be looked at, or need not be, and why."""


def text(reports: Sequence[Report]) -> str:
    """For people: errors before warnings, and a last line for each part."""
    blocks = [_block(one) for report in reports for one in _sorted(report.findings)]
    return "\n\n".join([*blocks, "\n".join(f"{report.part}: {summary(report.findings)}" for report in reports)])


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """For scripts."""
    return {
        report.part: {
            "findings": [asdict(one) for one in _sorted(report.findings)],
            "unseen": list(report.unseen),
        }
        for report in reports
    }


def errors(reports: Sequence[Report]) -> list[Finding]:
    """Those that keep something from working, or anybody out who should be in."""
    return [one for report in reports for one in report.findings if one.severity == "error"]


def summary(findings: Sequence[Finding]) -> str:
    """`1 error, 2 warnings`."""
    counts = [(sum(one.severity == name for one in findings), name) for name in ("error", "warning")]
    words = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count]
    return ", ".join(words) or "nothing wrong was found"


def _block(one: Finding) -> str:
    return (
        f"{one.severity}: {one.code} {one.what}\n  seen: {one.evidence}\n  cause: {one.cause}\n  repair: {one.repair}"
    )


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (one.severity != "error", one.code))
