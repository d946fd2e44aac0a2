"""Hours in a period: the part of each run that lies in it, by profile and by card."""

from datetime import UTC, datetime
from typing import Any

import pytest

from apply.usagehours import by_user, with_running

SINCE, UNTIL = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC)


def run(started: str, ended: str | None, **more: Any) -> dict[str, Any]:
    times = {"started": f"2026-01-{started}Z", "ended": None if ended is None else f"2026-01-{ended}Z"}
    return {"user": "ada", "server": "", "profile": "big", "gpus": 0, "ended_by": "", **times, **more}


@pytest.mark.parametrize(
    ("started", "ended", "hours"),
    [
        ("12T10:00:00", "12T11:30:00", 1.5),
        ("09T23:00:00", "10T01:00:00", 1.0),  # began before the period
        ("19T22:00:00", None, 2.0),  # runs still
        ("01T00:00:00", None, 240.0),  # ran all the time
        ("12T10:00:00.250000", "12T10:00:36.250000", 0.01),
    ],
)
def test_the_part_of_a_run_that_lies_in_the_period_counts(started: str, ended: str | None, hours: float) -> None:
    (found,) = by_user([run(started, ended)], SINCE, UNTIL).values()

    assert found.hours == pytest.approx(hours)
    assert found.runs == 1


@pytest.mark.parametrize(("started", "ended"), [("08T10:00:00", "10T00:00:00"), ("21T00:00:00", None)])
def test_a_run_that_lies_outside_of_the_period_does_not_count(started: str, ended: str | None) -> None:
    assert by_user([run(started, ended)], SINCE, UNTIL) == {}


def test_hours_of_cards_are_those_of_the_server_times_its_cards() -> None:
    runs = [
        run("12T10:00:00", "12T12:00:00", profile="cuda", gpus=2, ended_by="culler"),
        run("13T10:00:00", "13T13:00:00", profile="big", ended_by="user"),
        run("13T10:00:00", "13T11:00:00", user="bob"),
    ]
    found = by_user(runs, SINCE, UNTIL)

    assert (found["ada"].hours, found["ada"].gpu_hours, found["ada"].culled, found["ada"].runs) == (5, 4, 1, 2)
    assert found["ada"].profiles == {
        "cuda": {"hours": 2.0, "gpu_hours": 4.0},
        "big": {"hours": 3.0, "gpu_hours": 0.0},
    }
    assert found["bob"].hours == 1


def test_a_server_that_is_older_than_the_record_counts_from_its_start_and_no_server_counts_twice() -> None:
    noted = [run("19T22:00:00", None)]
    running = [
        {"user": "ada", "name": "", "started": "2026-01-19T22:00:00Z"},
        {"user": "ada", "name": "two", "started": "2026-01-19T23:00:00Z"},
        {"user": "bob", "name": "", "started": None},  # starts now
    ]
    found = by_user(with_running(noted, running), SINCE, UNTIL)

    assert found.keys() == {"ada"}
    assert found["ada"].hours == 3
