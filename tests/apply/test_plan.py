"""What would change, as people and programs read it."""

from apply.plan import Change, Observed, Wanted, document, interrupts, plan, text


def wanted(**fields: object) -> Wanted:
    return Wanted(**{"files": {"conf/a.json": "1\n"}, "parts": {"hub": "f1"}, **fields})  # type: ignore[arg-type]


def observed(**fields: object) -> Observed:
    return Observed(**{"files": {"conf/a.json": "1\n"}, "parts": {"hub": ("ready", "f1")}, **fields})  # type: ignore[arg-type]


def test_a_world_as_declared_gives_an_empty_plan() -> None:
    assert plan(wanted(), observed()) == []


def test_a_changed_line_is_shown_with_its_old_and_new_text() -> None:
    changes = plan(wanted(files={"conf/a.json": "same\nnew\n"}), observed(files={"conf/a.json": "same\nold\n"}))

    assert changes == [Change("update", "conf/a.json", ("- old", "+ new"))]
    assert text(changes) == "~ update conf/a.json\n    - old\n    + new"


def test_code_is_one_change_however_many_files_it_has() -> None:
    files = {"site/hub/a.py": "1", "site/hub/b.py": "2", "notebook/buunstack/c.py": "3"}

    changes = plan(wanted(files=files, parts={}), observed(files={"site/hub/a.py": "0"}, parts={}))

    assert [(change.action, change.what) for change in changes] == [
        ("create", "the notebooks' secret store and settings"),
        ("update", "the hub's code"),
    ]


def test_a_part_restarts_when_its_fingerprint_changes_and_says_who_notices() -> None:
    changes = plan(wanted(parts={"hub": "f2"}), observed())

    assert [(change.action, change.what) for change in changes] == [("restart", "part hub")]
    assert interrupts(changes)
    assert "running servers go on" in text(changes)


def test_a_missing_part_starts_a_foreign_one_stops_and_nobody_notices() -> None:
    changes = plan(wanted(), observed(parts={"old": ("ready", "f0")}))

    assert [(change.action, change.what) for change in changes] == [("start", "part hub"), ("stop", "part old")]
    assert not interrupts(changes)


def test_a_part_that_does_not_answer_is_started_with_its_state_named() -> None:
    assert plan(wanted(), observed(parts={"hub": ("backoff", "f1")}))[0].details == ("now: backoff",)


def test_an_environment_is_built_once() -> None:
    environments = {"datascience-1": ["pandas"]}

    assert plan(wanted(environments=environments), observed())[0].what == "environment datascience-1"
    assert plan(wanted(environments=environments), observed(environments=frozenset(environments))) == []


def test_what_is_inside_a_part_changes_by_its_fingerprint_alone() -> None:
    changes = plan(wanted(objects={"secret policies": "new"}), observed(objects={"secret policies": "old"}))

    assert document(changes) == [
        {"action": "update", "what": "secret policies", "details": [], "effect": "", "layer": ""}
    ]
