"""From hits of rules to findings: the words of their codes, and a cause instead of what follows from it. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from apply.findings import Finding, Report, Severity

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Words:
    """What a code means."""

    severity: Severity
    what: str
    """One sentence; `{name}` stands for what its rule names."""
    cause: str
    repair: str
    on_cluster: str = ""
    """The repair on a cluster, where it is another one."""
    explains: tuple[str, ...] = ()
    """Beginnings of codes that are no news while this one holds."""


@dataclass(frozen=True)
class Hit:
    """A rule that holds."""

    code: str
    evidence: str
    named: Mapping[str, str] = field(default_factory=dict)


Rule = Callable[[Seen], Iterator[Hit]]


def judged(seen: Seen, rules: Iterable[Rule[Seen]], words: Mapping[str, Words], *, cluster: bool) -> list[Finding]:
    """All that the rules find, in the words of their codes.

    Raises:
        KeyError: a rule gives a code that has no words, or lacks a name that they ask for.
    """
    return [_finding(hit, words[hit.code], cluster) for rule in rules for hit in rule(seen)]


def causes_only(reports: Sequence[Report], words: Mapping[str, Words]) -> list[Report]:
    """The reports without what another finding explains: a hub that is down is no fault of its page as well."""
    codes = {one.code for report in reports for one in report.findings}

    def explained(code: str) -> bool:
        others = codes - {code}
        return any(code.startswith(words[other].explains) for other in others if other in words)

    return [replace(report, findings=[one for one in report.findings if not explained(one.code)]) for report in reports]


def _finding(hit: Hit, words: Words, cluster: bool) -> Finding:
    repair = words.on_cluster if cluster and words.on_cluster else words.repair
    texts = (words.what, words.cause, repair)
    what, cause, repair = (text.format_map(hit.named) for text in texts)
    return Finding(hit.code, words.severity, what, hit.evidence, cause, repair)
