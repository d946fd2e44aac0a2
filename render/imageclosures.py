"""From one resolution to the whole of what each list needs. Pure."""

import re
from collections.abc import Iterable

from render.imagepackages import normal

_REQUIRED_BY = "    # via "
_ENVIRONMENT = {
    "sys_platform == 'linux'",
    "implementation_name == 'cpython'",
    "platform_python_implementation == 'CPython'",
}
_MACHINES = ("aarch64", "x86_64")
_ENTRY = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:==| @ )")


def environment(python: str) -> str:
    """The marker of the only places that images run in: Linux, CPython of one version, two kinds of machine."""
    nearest = [f"python_full_version >= '{python}'", f"python_full_version < '{_next(python)}'"]
    machines = " or ".join(f"platform_machine == '{machine}'" for machine in _MACHINES)
    return " and ".join([*sorted(_ENVIRONMENT), *nearest, f"({machines})"])


def closures(resolution: str, roots: Iterable[str], python: str) -> dict[str, str]:
    """By root (the file of a list): all that it needs, as requirements with hashes.

    Args:
        resolution: what `uv pip compile --annotation-style=line` wrote of all lists together. An extra that one
            package wants of another counts for everyone who needs the other: a group may have a little more than
            it needs, never less.
    """
    texts, needed = _read(resolution, python)
    found = {}
    for root in roots:
        reached: set[str] = set()
        waiting = [f"-r {root}"]
        while waiting:
            fresh = needed.get(waiting.pop(), set()) - reached
            reached |= fresh
            waiting += fresh
        found[root] = "".join(block for name in sorted(reached) for block in texts[name])
    return found


def _read(resolution: str, python: str) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    texts: dict[str, list[str]] = {}
    needed: dict[str, set[str]] = {}
    name, block = "", ""
    for line in resolution.splitlines(keepends=True):
        if entry := _ENTRY.match(line):
            name, block = normal(entry[1]), _everywhere(line, python)
        elif line.startswith(_REQUIRED_BY):
            texts.setdefault(name, []).append(block)
            for parent in line.removeprefix(_REQUIRED_BY).strip().split(", "):
                needed.setdefault(parent if parent.startswith("-r ") else normal(parent), set()).add(name)
        else:
            block += line
    return texts, needed


def _everywhere(line: str, python: str) -> str:
    """A requirement's line without the part of its marker that is true in every image."""
    requirement, semicolon, marker = line.removesuffix("\n").removesuffix(" \\").partition(" ; ")
    always = _ENVIRONMENT | {f"python_full_version < '{_next(python)}'", f"python_full_version >= '{python}'"}
    always |= {f"python_full_version == '{python}.*'"}
    for part in sorted(always, key=len, reverse=True):
        marker = marker.replace(f"{part} and ", "").replace(f" and {part}", "")
    machines = [f"(platform_machine == '{machine}')" for machine in _MACHINES]
    bare = [machine.strip("()") for machine in machines]
    for both in (f"({' or '.join(machines)})", " or ".join(machines), f"({' or '.join(bare)})", " or ".join(bare)):
        marker = "" if marker in (both, *always) else marker.replace(f"{both} and ", "").replace(f" and {both}", "")
    marker = re.sub(r"\((platform_machine == '[a-z0-9_]+')\)", r"\1", marker)
    return f"{requirement}{f' ; {marker}' if semicolon and marker else ''} \\\n"


def _next(python: str) -> str:
    major, minor = python.split(".")
    return f"{major}.{int(minor) + 1}"
