"""`inv usage`: who has used the platform, for how long, and what each takes now."""

import csv
import io
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from apply import console
from apply.target import target
from apply.usagehours import Hours, by_user, moment, with_running
from spec.errors import StackError
from spec.quantities import DURATION, seconds

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.local import LocalTarget

_NOW = ("home_used_bytes", "home_capacity_bytes", "memory_bytes", "cores")
"""What is known of this moment alone."""
_HEADER = ("USER", "LAST ACTIVE", "SERVERS", "HOURS", "GPU HOURS", "CULLED", "TOKENS", "HOME", "MEMORY", "CORES")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet (OWASP, CSV Injection), and users choose their names."""


def show(spec: str, state: str | None, since: str, as_json: bool, as_csv: bool) -> None:
    """Print the usage of each user in the last `since`, as a table, JSON or CSV.

    Raises:
        StackError: the period is no duration, two forms are asked for, or nothing is installed.
    """
    if as_json and as_csv:
        raise StackError("--json and --csv are two forms of one output", hint="leave one of them out")
    if not re.fullmatch(DURATION, since):
        raise StackError(f"--since {since!r} is not a duration", hint="30d, 12h, 45m")
    until = datetime.now(UTC)
    begin = until - timedelta(seconds=seconds(since))
    found = target(spec, state)
    with found.hub() as hub:
        told = hub.usage(int(begin.timestamp()))
        running = hub.running()
    report = _report(told, running, _taken(found, told["users"]), (begin, until))
    if as_json:
        console.result_json(report)
    elif as_csv:
        console.result(_csv(report["users"]))
    else:
        console.result(_text(report["users"]))
        console.say(_noted(report["noted_since"], begin))


def _taken(found: "LocalTarget | ClusterTarget", users: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The module of the target: the other one's libraries need not be loaded."""
    if found.stack.target.kind == "kubernetes":
        from apply import usagethere

        return usagethere.taken(found, users)  # type: ignore[arg-type]
    from apply import usagehere

    return usagehere.taken(found, users)  # type: ignore[arg-type]


def _report(
    told: dict[str, Any],
    running: list[dict[str, Any]],
    taken: dict[str, dict[str, Any]],
    period: tuple[datetime, datetime],
) -> dict[str, Any]:
    begin, until = period
    hours = by_user(with_running(told["runs"], running), begin, until)
    last = {user["name"]: user for user in told["users"]}
    servers: dict[str, list[str]] = {}
    for one in running:
        servers.setdefault(one["user"], []).append(one["name"])
    rows = [
        {
            "user": name,
            "last_activity": last[name]["last_activity"] if name in last else None,
            "servers": servers.get(name, []),
            **asdict(hours.get(name, Hours())),
            "tokens": last[name]["tokens"] if name in last else 0,
            **{key: taken.get(name, {}).get(key) for key in _NOW},
        }
        # Who was removed has hours still, and perhaps a home.
        for name in sorted((last.keys() | hours.keys() | taken.keys()) - {""})
    ]
    moments = {"since": begin.isoformat(timespec="seconds"), "until": until.isoformat(timespec="seconds")}
    return {**moments, "noted_since": told["noted_since"], "kept_days": told["kept_days"], "users": rows}


def _text(rows: list[dict[str, Any]]) -> str:
    return console.table(_HEADER, [_cells(row) for row in rows])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    home, capacity = _size(row["home_used_bytes"]), _size(row["home_capacity_bytes"])
    return (
        row["user"],
        f"{row['last_activity'][:19]}Z" if row["last_activity"] else "never",
        str(len(row["servers"])),
        f"{row['hours']:.1f}",
        f"{row['gpu_hours']:.1f}",
        str(row["culled"]),
        str(row["tokens"]),
        f"{home or '?'} of {capacity}" if capacity else home,
        _size(row["memory_bytes"]),
        "" if row["cores"] is None else f"{row['cores']:.2f}",
    )


def _csv(rows: list[dict[str, Any]]) -> str:
    """One line for each user, in the order and with the names of the JSON; servers are counted."""
    names = [key for key in (rows[0] if rows else {"user": ""}) if key != "profiles"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell({**row, "servers": len(row["servers"])}[name]) for name in names])
    return text.getvalue().rstrip("\n")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _size(count: int | None) -> str:
    return "" if count is None else f"{count / 2**20:.0f} MiB" if count < 2**30 else f"{count / 2**30:.1f} GiB"


def _noted(first: str | None, begin: datetime) -> str:
    if first is not None and moment(first) <= begin:
        return f"hours since {begin:%Y-%m-%d %H:%M} UTC"
    noted = "no run is noted yet" if first is None else f"runs are noted since {first[:16].replace('T', ' ')} UTC"
    return f"{noted}; of what ran before, only servers that run still are counted"
