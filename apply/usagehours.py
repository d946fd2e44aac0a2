"""Hours of servers in a period, from the runs that the hub has noted. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Hours:
    """What one user has run."""

    runs: int = 0
    hours: float = 0.0
    gpu_hours: float = 0.0
    culled: int = 0
    profiles: dict[str, dict[str, float]] = field(default_factory=dict)
    """Profile -> `hours` and `gpu_hours`; empty for one that was not named at the start."""


def by_user(runs: list[dict[str, Any]], since: datetime, until: datetime) -> dict[str, Hours]:
    """User -> the parts of the runs that lie in the period."""
    found: dict[str, Hours] = {}
    for run in runs:
        began = max(moment(run["started"]), since)
        ended = until if run["ended"] is None else min(moment(run["ended"]), until)
        hours = (ended - began).total_seconds() / 3600
        if hours > 0:
            _add(found.setdefault(run["user"], Hours()), run, hours)
    return found


def with_running(runs: list[dict[str, Any]], running: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs, and the servers that run although no start of them is noted: they are older than the record."""
    noted = {(run["user"], run["server"]) for run in runs if run["ended"] is None}
    older = [
        {"user": one["user"], "server": one["name"], "profile": "", "gpus": 0, "started": one["started"]}
        for one in running
        if one.get("started") and (one["user"], one["name"]) not in noted
    ]
    return [*runs, *({**one, "ended": None, "ended_by": ""} for one in older)]


def moment(text: str) -> datetime:
    """As the hub writes a time, in UTC."""
    return datetime.fromisoformat(text)


def _add(total: Hours, run: dict[str, Any], hours: float) -> None:
    gpu_hours = hours * run["gpus"]
    total.runs += 1
    total.hours += hours
    total.gpu_hours += gpu_hours
    total.culled += run["ended_by"] == "culler"
    profile = total.profiles.setdefault(run["profile"], {"hours": 0.0, "gpu_hours": 0.0})
    profile["hours"] += hours
    profile["gpu_hours"] += gpu_hours
