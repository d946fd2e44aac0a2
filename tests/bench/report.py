"""The report of a measuring run: JSON for machines, a table for people."""

import json
import os
import platform
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.measure import Ratio

FOLDER = Path(os.environ.get("BUUNSTACK_ARTIFACTS", "artifacts"))
MARGIN = 1.5
"""A ratio fails the run only beyond its goal times this; what is closer is for people to read."""


class Report:
    """Rows of one run, and what failed in it."""

    def __init__(self) -> None:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
        self.machine = {
            "commit": commit.stdout.strip(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
        }
        self.rows: list[dict[str, Any]] = []
        self.failed: list[str] = []

    def noise(self, found: Ratio, quiet: bool) -> None:
        """The reference against itself."""
        self._row("inv --list against itself (CPU)", f"{found.median:.2f}", "0.85 to 1.18", quiet, asdict(found))

    def ratio(
        self, name: str, base: str, cpu: Ratio, wall: Ratio, goal: float, quiet: bool, judged: str = "cpu"
    ) -> None:
        """A command against another one; judged only on a quiet machine.

        Args:
            judged: `cpu`, or `wall` where a server does the work of both.
        """
        found = {"cpu": cpu, "wall": wall}[judged].median
        shown = f"{cpu.median:.2f} (CPU {cpu.low:.2f} to {cpu.high:.2f}; wall {wall.median:.2f})"
        if judged == "wall":
            shown = f"{wall.median:.2f} (wall {wall.low:.2f} to {wall.high:.2f}; CPU {cpu.median:.2f})"
        good = found <= goal if quiet else None
        self._row(f"{name} / {base}", shown, f"at most {goal}", good, {"cpu": asdict(cpu), "wall": asdict(wall)})
        if quiet and found > goal * MARGIN:
            self.failed.append(name)

    def seconds(self, name: str, found: float, goal: float) -> None:
        """A time on this machine; reported, never a gate."""
        self._row(name, f"{found:.1f} s", f"at most {goal:.0f} s", found <= goal, {"seconds": found})

    def paired(self, name: str, base: str, found: Ratio, goal: float, least: bool = False) -> None:
        """Two calls in turns in one process.

        Args:
            least: the goal is a lower bound.
        """
        good = found.median >= goal if least else found.median <= goal
        words = f"at {'least' if least else 'most'} {goal}"
        shown = f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})"
        self._row(f"{name} / {base}", shown, words, good, asdict(found))
        if (found.median < goal / MARGIN) if least else (found.median > goal * MARGIN):
            self.failed.append(name)

    def milliseconds(self, name: str, found: float, goal: float) -> None:
        """A time on this machine; reported, never a gate."""
        self._row(name, f"{found:.0f} ms", f"below {goal:.0f} ms", found < goal, {"milliseconds": found})

    def number(self, name: str, found: float, goal: float) -> None:
        """Something counted, for each of something else."""
        self._row(name, f"{found:.1f}", f"at most {goal}", found <= goal, {"number": found})

    def mebibytes(self, name: str, found: float, goal: float) -> None:
        """Memory on this machine."""
        self._row(name, f"{found:.0f} MiB", f"below {goal:.0f} MiB", found < goal, {"mebibytes": found})

    def megabytes(self, name: str, found: float, goal: float | None = None) -> None:
        """A size on a disk."""
        good = None if goal is None else found < goal
        self._row(name, f"{found:.1f} MB", f"below {goal:.0f} MB" if goal else "", good, {"megabytes": found})

    def count(self, name: str, found: int, goal: int) -> None:
        """An exact count: a gate."""
        self._row(name, str(found), f"exactly {goal}", found == goal, {"count": found})
        if found != goal:
            self.failed.append(name)

    def skipped(self, name: str, reason: str) -> None:
        """A peer that is not there; never an old number in its place."""
        self._row(name, f"skipped: {reason}", "", None, {})

    def write(self) -> str:
        """Keep the report in artifacts/ and return the table."""
        lines = ["| what | found | goal | |", "|---|---|---|---|"]
        words = {True: "reached", False: "missed", None: "no verdict"}
        lines += [f"| {row['what']} | {row['found']} | {row['goal']} | {words[row['good']]} |" for row in self.rows]
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "bench.md").write_text("\n".join(lines) + "\n")
        (FOLDER / "bench.json").write_text(json.dumps({"machine": self.machine, "rows": self.rows}, indent=2) + "\n")
        return "\n".join(lines)

    def _row(self, what: str, found: str, goal: str, good: bool | None, raw: dict[str, Any]) -> None:
        self.rows.append({"what": what, "found": found, "goal": goal, "good": good, **raw})
