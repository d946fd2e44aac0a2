"""Runs of servers as a real hub notes them: whole, through its restarts, and for whoever may manage users."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.hub.examples import ENVIRONMENT, profile
from tests.hub.realhub import RealHub, eventually, hub_token


@pytest.fixture(scope="module")
def noting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    profiles = [profile("minimal", default=True), profile("big")]
    with RealHub(tmp_path_factory.mktemp("noting") / "state", vault=None, profiles=profiles) as hub:
        yield hub


def runs(hub: RealHub, user: str, since: int = 0) -> list[dict[str, Any]]:
    answer = hub.api("GET", f"stack/usage?since={since}")
    assert answer.status_code == 200, answer.text
    return [run for run in answer.json()["runs"] if run["user"] == user]


def test_a_run_is_noted_from_its_start_to_its_end_with_its_profile(noting: RealHub) -> None:
    noting.spawn("ann", "two", profile="big")
    (going,) = eventually(lambda: runs(noting, "ann"), "the start is noted")
    noting.stop_server("ann", "two")
    (ended,) = runs(noting, "ann")

    assert (going["server"], going["profile"], going["gpus"], going["ended"]) == ("two", "big", 0, None)
    assert datetime.fromisoformat(ended["ended"]) > datetime.fromisoformat(ended["started"])
    assert ended["started"] == going["started"]
    assert ended["ended_by"] == "service"


def test_a_start_that_fails_is_no_run(noting: RealHub) -> None:
    assert noting.request_spawn("ben", profile="nothing").status_code == 400

    assert runs(noting, "ben") == []


def test_a_server_goes_on_as_one_run_when_the_hub_starts_anew(noting: RealHub) -> None:
    noting.spawn("cat")
    (before,) = eventually(lambda: runs(noting, "cat"), "the start is noted")
    noting.kill()
    noting.start()
    assert runs(noting, "cat") == [before]
    noting.stop_server("cat")

    (after,) = runs(noting, "cat")
    assert after["started"] == before["started"]
    assert after["ended"]


def test_a_run_whose_end_nobody_saw_ends_at_the_latest_with_the_next(noting: RealHub) -> None:
    noting.spawn("dan")
    noting.stop_server("dan")
    with sqlite3.connect(noting.folder / "hub" / "jupyterhub.sqlite") as database:
        database.execute("update buunstack_runs set ended = null where user_name = 'dan'")
    noting.spawn("dan")

    eventually(lambda: len(runs(noting, "dan")) == 2, "the start is noted")
    first, second = runs(noting, "dan")
    assert first["ended"] == second["started"]
    noting.stop_server("dan")


def test_what_ended_before_the_period_is_left_out_and_what_is_too_old_goes(noting: RealHub) -> None:
    noting.spawn("eli")
    noting.stop_server("eli")
    with sqlite3.connect(noting.folder / "hub" / "jupyterhub.sqlite") as database:
        old = "update buunstack_runs set started = '2020-01-01 10:00:00.0', ended = '2020-01-01 12:00:00.0'"
        database.execute(f"{old} where user_name = 'eli'")
    assert len(runs(noting, "eli")) == 1
    assert runs(noting, "eli", since=1_600_000_000) == []

    noting.spawn("fay")  # a start tidies

    eventually(lambda: runs(noting, "eli") == [], "the line has gone")
    noting.stop_server("fay")


def test_usage_is_for_whoever_may_manage_users(noting: RealHub) -> None:
    for token in (ENVIRONMENT["BUUNSTACK_CULLER_TOKEN"], hub_token(noting.spawn("gus"))):
        assert noting.api("GET", "stack/usage?since=0", token).status_code == 403
    noting.stop_server("gus")


@pytest.mark.parametrize("since", ["", "soon", "9" * 30])
def test_a_period_that_is_none_is_refused_with_words(noting: RealHub, since: str) -> None:
    answer = noting.api("GET", f"stack/usage?since={since}")

    assert (answer.status_code, "seconds since 1970" in answer.json()["message"]) == (400, True)


def test_a_record_that_cannot_be_written_stops_no_server_and_no_answer(noting: RealHub) -> None:
    with sqlite3.connect(noting.folder / "hub" / "jupyterhub.sqlite") as database:
        database.execute("alter table buunstack_runs rename to elsewhere")
    try:
        noting.spawn("hal")
        assert noting.api("DELETE", "users/hal/server").status_code == 204
        noting.wait_stopped("hal")
        assert noting.api("GET", "users/hal").status_code == 200
    finally:
        with sqlite3.connect(noting.folder / "hub" / "jupyterhub.sqlite") as database:
            database.execute("alter table elsewhere rename to buunstack_runs")
    said = noting.log.read_text()

    assert "usage: a run of hal's server was not noted" in said
    # Its end, and who asked for it.
    assert "UPDATE buunstack_runs SET ended=" in said
    assert "UPDATE buunstack_runs SET ended_by=" in said
    assert "Uncaught exception" not in said
    assert runs(noting, "hal") == []
