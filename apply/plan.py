"""What would change: wanted against observed. Pure."""

import difflib
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["create", "update", "remove", "start", "restart", "stop", "build"]

_SIGNS: dict[Action, str] = {
    "create": "+",
    "update": "~",
    "remove": "-",
    "start": ">",
    "restart": "*",
    "stop": "x",
    "build": "+",
}
EFFECTS = {
    "hub": "signing in and starting servers pauses for some seconds; running servers go on",
    "proxy": "connections to the hub and to running servers break once",
    "vault": "secrets are away for about a second",
}
"""What users notice when a part restarts."""
CODE_FOLDERS = {"site": "the hub's code", "notebook": "the notebooks' secret store and settings"}


@dataclass(frozen=True)
class Change:
    """One thing that install would do."""

    action: Action
    what: str
    """In the user's words, such as `part hub`."""
    details: tuple[str, ...] = ()
    """Lines that go (`-`) and come (`+`)."""
    effect: str = ""
    """What users notice; empty when they notice nothing."""
    layer: str = ""
    """What it is part of, such as `release jupyterhub`; changes of one layer stand together."""


@dataclass(frozen=True)
class Plan:
    """What install would do, and what is worth knowing besides."""

    changes: list[Change]
    notes: tuple[str, ...] = ()
    """What follows from the target and not from the file alone."""
    warnings: tuple[str, ...] = ()
    before: str | None = None
    """What the last install declared, as `apply.declared` has kept it."""


@dataclass(frozen=True)
class Wanted:
    """What the spec asks for, with this machine's values in it."""

    files: dict[str, str]
    parts: dict[str, str]
    """Part -> fingerprint of all that should restart it."""
    environments: dict[str, list[str]] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    """What is kept inside a running part, such as Vault's policies -> fingerprint."""


@dataclass(frozen=True)
class Observed:
    """What is there."""

    files: dict[str, str]
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Part -> (state, fingerprint), of a living supervisor only."""
    environments: frozenset[str] = frozenset()
    objects: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Things of this machine that have to be made or made anew, such as certificates."""


def plan(wanted: Wanted, observed: Observed) -> list[Change]:
    """The changes in the order in which they are made; empty when the world agrees with the spec."""
    changes = [Change("create", what) for what in observed.missing]
    changes += _file_changes(wanted.files, observed.files)
    for name, requirements in wanted.environments.items():
        if name not in observed.environments:
            changes.append(Change("build", f"environment {name}", tuple(f"+ {line}" for line in requirements)))
    changes += _part_changes(wanted.parts, observed.parts)
    return changes + [
        Change("update" if name in observed.objects else "create", name)
        for name, fingerprint in wanted.objects.items()
        if observed.objects.get(name) != fingerprint
    ]


def text(changes: list[Change]) -> str:
    """The plan for people: a tree of layers, changes, their details and effects."""
    lines, layer = [], ""
    for change in changes:
        if change.layer != layer:
            layer = change.layer
            lines.append(layer)
        indent = "  " if layer else ""
        lines.append(f"{indent}{_SIGNS[change.action]} {change.action} {change.what}")
        lines += [f"{indent}    {detail}" for detail in change.details]
        if change.effect:
            lines.append(f"{indent}    note: {change.effect}")
    return "\n".join(lines)


def markdown(plan: Plan, hits: list[str]) -> str:
    """The plan for a merge request.

    Args:
        hits: lines that say for whom it changes something; empty where that is not known.
    """
    if not plan.changes:
        return "Nothing to change.\n"
    lines = [f"**{counted(plan.changes)}**", "", *hits]
    layer = None
    for change in plan.changes:
        if change.layer != layer:
            layer = change.layer
            lines += [f"### {layer[:1].upper()}{layer[1:]}", ""] if layer else []
        effect = f" — {change.effect}" if change.effect else ""
        lines.append(f"- {change.action} `{change.what}`{effect}")
        lines += [f"  - `{detail.replace('`', chr(39))}`" for detail in change.details]
    said = [*plan.notes, *plan.warnings]
    return "\n".join([*lines, *(["", *(f"> {note}  " for note in said)] if said else [])]) + "\n"


def counted(changes: list[Change]) -> str:
    """`3 changes`."""
    return f"{len(changes)} change{'' if len(changes) == 1 else 's'}"


def waiting(changes: list[Change], where: str = "") -> str:
    """`3 changes are waiting`."""
    return f"{counted(changes)}{where} {'is' if len(changes) == 1 else 'are'} waiting"


def document(changes: list[Change]) -> list[dict[str, object]]:
    """The plan for programs."""
    return [
        {
            "action": change.action,
            "what": change.what,
            "details": list(change.details),
            "effect": change.effect,
            "layer": change.layer,
        }
        for change in changes
    ]


def interrupts(changes: list[Change]) -> bool:
    """Whether somebody who works on the stack now would notice."""
    return any(change.effect for change in changes)


def _file_changes(wanted: dict[str, str], observed: dict[str, str]) -> list[Change]:
    changes, code = [], set()
    for path in sorted(wanted.keys() | observed.keys()):
        before, after = observed.get(path), wanted.get(path)
        if before == after:
            continue
        folder = path.split("/")[0]
        if folder in CODE_FOLDERS:
            code.add(folder)
            continue
        if before is None:
            changes.append(Change("create", path))
        elif after is None:
            changes.append(Change("remove", path))
        else:
            changes.append(Change("update", path, _differences(before, after)))
    for folder in sorted(code):
        fresh = not any(path.startswith(f"{folder}/") for path in observed)
        changes.append(Change("create" if fresh else "update", CODE_FOLDERS[folder]))
    return changes


def _differences(before: str, after: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    kept = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return tuple(f"{line[0]} {line[1:].strip()}" for line in kept if '"fingerprint":' not in line)


def _part_changes(wanted: dict[str, str], observed: dict[str, tuple[str, str]]) -> list[Change]:
    changes = []
    for name, fingerprint in wanted.items():
        state, running = observed.get(name, ("stopped", ""))
        if name not in observed or state == "stopped":
            changes.append(Change("start", f"part {name}"))
        elif running != fingerprint:
            changes.append(Change("restart", f"part {name}", effect=EFFECTS.get(name, "")))
        elif state != "ready":
            changes.append(Change("start", f"part {name}", (f"now: {state}",)))
    return changes + [Change("stop", f"part {name}") for name in observed if name not in wanted]
