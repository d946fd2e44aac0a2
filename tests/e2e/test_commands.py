"""The commands that show things: open, status, logs, plan, render, and what they say when there is nothing to show."""

import json
from pathlib import Path

from tests.e2e.stack import InstalledStack, eventually


def test_open_hands_the_address_to_the_browser(stack: InstalledStack, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/visited\n')
    browser.chmod(0o700)
    stack.environment["BROWSER"] = str(browser)
    try:
        shown = stack.inv("open").stdout
    finally:
        del stack.environment["BROWSER"]

    assert shown == f"{stack.url}/\n"
    assert eventually(lambda: (tmp_path / "visited").exists(), "the browser") is True
    assert (tmp_path / "visited").read_text() == f"{stack.url}/\n"


def test_status_shows_each_part_with_its_process(stack: InstalledStack) -> None:
    shown = stack.inv("status").stdout
    parts = json.loads(stack.inv("status", "--json").stdout)["parts"]

    assert "users kept apart by: Landlock" in shown
    assert set(parts) == {"vault", "proxy", "hub", "culler", "page", "keeper"}
    for name, part in parts.items():
        assert part["state"] == "ready"
        assert part["memory_bytes"] > 2**20
        assert f"{name}" in shown
        assert str(part["pid"]) in shown


def test_logs_show_the_last_lines_and_go_on_as_they_grow(stack: InstalledStack) -> None:
    log = stack.state / "log" / "hub.log"
    last = log.read_text().splitlines()[-1]

    assert stack.inv("logs", "hub", "--lines", "1").stdout.startswith(last[:20])
    follower = stack.start("logs", "hub", "--follow", "--lines", "1")
    try:
        assert follower.stdout
        follower.stdout.readline()
        with log.open("a") as file:
            file.write("a line of this test\n")
        lines = iter(follower.stdout.readline, "")
        assert any("a line of this test" in line for line in lines)
    finally:
        follower.terminate()
        follower.communicate()


def test_a_log_that_is_not_there_names_those_that_are(stack: InstalledStack) -> None:
    failed = stack.inv("logs", "hubb", code=1)

    assert "there is no log of 'hubb'" in failed.stderr
    assert "hub" in failed.stderr.partition("hint")[2]


def test_nothing_installed_is_a_sentence_and_not_a_fault(tmp_path: Path) -> None:
    nothing = InstalledStack(tmp_path)

    for words in (["status"], ["open"], ["user.list"], ["token.list"], ["server.list"], ["logs", "hub"]):
        failed = nothing.inv(*words, code=1)
        assert "hint:" in failed.stderr, words
    assert "nothing is installed" in nothing.inv("uninstall").stderr
    assert not nothing.state.exists()


def test_a_plan_of_nothing_installed_writes_nothing(tmp_path: Path) -> None:
    nothing = InstalledStack(tmp_path)

    assert "start part hub" in nothing.inv("plan").stdout
    assert nothing.inv("plan", "--check", code=3).stderr.count("changes are waiting") == 1
    assert not nothing.state.exists()


def test_render_writes_the_same_files_each_time_and_none_of_this_machine(tmp_path: Path) -> None:
    nothing = InstalledStack(tmp_path)
    for out in ("one", "two"):
        nothing.inv("render", "--out", str(tmp_path / out))

    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()


def test_what_the_target_cannot_do_yet_is_refused_with_its_line_by_plan_and_install(tmp_path: Path) -> None:
    asking = InstalledStack(tmp_path, gpu={"enabled": True})
    line = asking.spec.read_text().splitlines().index("gpu:") + 2

    for words in (["plan"], ["install", "--yes"], ["render"]):
        failed = asking.inv(*words, code=2)
        assert f"{asking.spec}:{line}:12: gpu.enabled: not available yet on target local" in failed.stderr
    assert not asking.state.exists()
    assert asking.inv("validate")


def test_what_a_cluster_cannot_have_yet_is_refused_with_words(tmp_path: Path) -> None:
    cluster = InstalledStack(tmp_path)
    cluster.spec.write_text("version: 1\ntarget: {kind: kubernetes}\nhub: {host: hub.lab.internal}\n")

    failed = cluster.inv("install", "--yes", code=2)

    assert "users' secrets on a cluster need vault.address" in failed.stderr


def test_a_proof_that_there_is_not_is_refused_and_not_left_out(tmp_path: Path) -> None:
    failed = InstalledStack(tmp_path).inv("install", "--yes", "--prove", "spwan", code=1)

    assert failed.stderr == "there is no proof 'spwan'; nothing was changed\n  hint: --prove spawn\n"
