"""The text for a merge request: what changes in a stack file, and for whom. Pure."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from render.effects import Effect, effects
from render.pulls import Pull, pulls
from spec.pushed import Declared

_TITLES = {
    "breaks": "Somebody loses something",
    "opens": "More is allowed than before",
    "notice": "Somebody notices",
}


_ABSENT = object()


@dataclass(frozen=True)
class Review:
    """What a change means, and the keys whose change means nothing to anybody by itself."""

    effects: list[Effect] = field(default_factory=list)
    others: list[tuple[str, str, str]] = field(default_factory=list)
    """(key, before, after)."""
    pulls: list[Pull] = field(default_factory=list)
    """The images of profiles that are other ones, each with its effect."""
    is_new: bool = False

    @property
    def breaks(self) -> bool:
        """Whether somebody loses something."""
        return any(effect.weight == "breaks" for effect in self.effects)


def review(before: Declared | None, after: Declared) -> Review:
    """Args: before: None where there was no stack."""
    if before is None:
        return Review(is_new=True)
    pulled = pulls(before, after)
    found = [*effects(before.stack, after.stack), *(pull.effect for pull in pulled)]
    told = tuple(key for effect in found for key in effect.keys)
    changed = _changed(before.stack, after.stack)
    others = [(key, was, now) for key, was, now in changed if not _is_told(key, told)]
    return Review(found, others, pulled)


def _is_told(key: str, told: tuple[str, ...]) -> bool:
    return any(key == one or key.startswith((f"{one}.", f"{one}[")) or one.startswith(f"{key}.") for one in told)


def _changed(before: Any, after: Any, path: str = "") -> list[tuple[str, str, str]]:
    """(key, before, after) of each value that differs; a list is one value."""
    if before == after:
        return []
    old, new = _parts(before), _parts(after)
    if not (old or new):
        return [(path, _shown(before), _shown(after))]
    rows = []
    for name in sorted({*old, *new}):
        place = f"{path}.{name}" if path else str(name)
        rows += _changed(old.get(name, _ABSENT), new.get(name, _ABSENT), place)
    return rows


def _parts(value: Any) -> dict[str, Any]:
    """What a section or a mapping consists of; nothing for a value."""
    if isinstance(value, dict):
        return value
    return {name: getattr(value, name) for name in getattr(value, "__struct_fields__", ())}


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "(none)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_parts)


def in_markdown(found: Review, name: str) -> str:
    """For a comment; the same bytes for the same change."""
    if found.is_new:
        return f"**Stack {name} is new.** `inv plan` says what install will make.\n"
    if not found.effects and not found.others:
        return f"**Stack {name}: nothing changes.**\n"
    lines = [f"**Stack {name}**", "", *tables(found)]
    if found.others:
        lines += ["### Other changes", "", "| key | before | after |", "|---|---|---|"]
        lines += [f"| `{key}` | {_cell(was)} | {_cell(now)} |" for key, was, now in found.others]
        lines.append("")
    lines.append("Running servers go on; what a server gets, it gets with its next start.")
    return "\n".join(lines) + "\n"


def tables(found: Review) -> list[str]:
    """Lines for whoever is hit, those who lose something first; none where nobody is."""
    lines = []
    for weight, title in _TITLES.items():
        rows = [effect for effect in found.effects if effect.weight == weight]
        if rows:
            lines += [f"### {title}", "", "| who | what | by |", "|---|---|---|"]
            lines += [f"| {_cell(one.who)} | {_cell(one.words)} | {_keys(one)} |" for one in rows]
            lines.append("")
    return lines


def _keys(effect: Effect) -> str:
    return ", ".join(f"`{key}`" for key in effect.keys)


def _cell(text: str) -> str:
    """A text of the file is only a text here: no column, no link, no element."""
    plain = text.replace("\\", "\\\\")
    for sign in "|[]*_`":
        plain = plain.replace(sign, f"\\{sign}")
    return " ".join(plain.replace("<", "&lt;").split())


def as_json(found: Review, name: str) -> dict[str, Any]:
    """For scripts."""
    return {
        "stack": name,
        "new": found.is_new,
        "breaks": found.breaks,
        "effects": [asdict(effect) for effect in found.effects],
        "images": [asdict(pull) for pull in found.pulls],
        "others": [{"key": key, "before": was, "after": now} for key, was, now in found.others],
    }


def as_junit(found: Review, name: str) -> str:
    """A case for each effect; what takes something from somebody is a failure, for a CI to show."""
    failed = sum(effect.weight == "breaks" for effect in found.effects)
    head = f'<testsuite name={quoteattr(f"stack {name}")} tests="{len(found.effects)}" failures="{failed}">'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', head]
    for effect in found.effects:
        title = quoteattr(f"{effect.who}: {effect.words}")
        case = f"  <testcase classname={quoteattr(effect.weight)} name={title}"
        if effect.weight == "breaks":
            message = quoteattr(f"{_TITLES['breaks']}: {', '.join(effect.keys)}")
            lines.append(f"{case}><failure message={message}/></testcase>")
        else:
            lines.append(f"{case}/>")
    return "\n".join([*lines, "</testsuite>"]) + "\n"
