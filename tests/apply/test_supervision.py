"""Waiting for a local stack's parts: what the supervisor said before a change is no word on what comes after it."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from apply import supervision
from apply.state import StateDirectory
from spec.errors import StackError


def proxy(fingerprint: str, state: str, restarts: int = 0) -> dict[str, Any]:
    return {"proxy": {"state": state, "restarts": restarts, "fingerprint": fingerprint, "last_exit": "ended with 1"}}


def waited(monkeypatch: pytest.MonkeyPatch, folder: Path, *statuses: dict[str, Any]) -> list[dict[str, str]]:
    """What is told while these statuses are found one after the other, the last of them for good."""
    found = itertools.chain(statuses, itertools.repeat(statuses[-1]))
    monkeypatch.setattr(supervision, "parts", lambda _: next(found))
    told: list[dict[str, str]] = []
    supervision.wait_ready(StateDirectory(folder), {"proxy": "new"}, told.append, seconds=5)
    return told


def test_a_part_that_failed_before_it_was_changed_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = waited(monkeypatch, tmp_path, proxy("old", "backoff", 3), proxy("new", "starting"), proxy("new", "ready"))

    assert told == [{"proxy": "waiting"}, {"proxy": "starting"}, {"proxy": "ready"}]


def test_a_part_that_fails_as_it_is_wanted_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"part proxy ends at once \(ended with 1\)"):
        waited(monkeypatch, tmp_path, proxy("new", "starting"), proxy("new", "backoff", 3))
