"""What a machine does to a stack: killed processes, cut installs, full disks, taken ports, two commands at once."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.stack import InstalledStack, Person, eventually

RECOVERY_SECONDS = 30
"""A bound for a busy machine; the benchmark measures the real time."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    """A stack that these tests may hurt."""
    own = InstalledStack(tmp_path_factory.mktemp("hurt"))
    own.install()
    yield own
    own.remove()


@pytest.fixture(scope="module")
def user(own: InstalledStack) -> Person:
    user = own.person("alice")
    user.spawn()
    return user


def healthy(own: InstalledStack) -> bool:
    status = own.status()
    return bool(status["supervised"]) and all(part["state"] == "ready" for part in status["parts"].values())


@pytest.mark.parametrize("part", ["vault", "proxy", "hub", "culler", "keeper"])
def test_a_killed_part_comes_back_with_routes_and_servers(own: InstalledStack, user: Person, part: str) -> None:
    pid = own.pid(part)
    os.kill(pid, signal.SIGKILL)

    eventually(lambda: own.pid(part) != pid and healthy(own), f"{part} to come back", RECOVERY_SECONDS)

    eventually(lambda: user.get(f"{user.base}/api/status").status_code == 200, "the route", RECOVERY_SECONDS)
    assert user.run("from buunstack import SecretStore; print(SecretStore().list())").startswith("[")


def test_a_killed_supervisor_comes_back_and_its_parts_never_stopped(own: InstalledStack, user: Person) -> None:
    supervisor = own.supervisor()
    before = {name: own.pid(name) for name in ("vault", "proxy", "hub", "culler")}
    os.kill(supervisor, signal.SIGKILL)

    eventually(
        lambda: own.supervisor() != supervisor and healthy(own),
        "the supervisor to come back",
        RECOVERY_SECONDS,
    )

    assert {name: own.pid(name) for name in before} == before
    assert user.run("print(1 + 1)") == "2\n"


def test_everything_killed_at_once_is_brought_back_by_install(own: InstalledStack) -> None:
    kill_everything(own)

    assert own.inv("status", code=5).stderr
    own.install()

    assert healthy(own)
    again = Person(own, "alice", "a-password-for-tests-only")
    again.spawn()
    assert again.run("from buunstack import SecretStore; print(SecretStore().list())").startswith("[")


def kill_everything(own: InstalledStack) -> None:
    """As a power cut: the supervisors first, then every process that runs from the state directory."""

    def none_left() -> bool:
        mine = [process for process in psutil.process_iter(["cmdline", "environ"]) if belongs(process, own.state)]
        for process in mine:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return not mine

    eventually(none_left, "every process to be gone")


def belongs(process: psutil.Process, state: Path) -> bool:
    words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
    return process.pid != os.getpid() and any(str(state) in word for word in words)


STEPS = ("create conf", "files are in", "vault starting", "vault ready", "hub ready", "secrets:", "can sign in")


@pytest.mark.parametrize("step", STEPS)
def test_an_install_cut_at_any_step_is_finished_by_the_next_one(tmp_path: Path, step: str) -> None:
    stack = InstalledStack(tmp_path)
    installer = stack.start("install", "--yes")
    assert installer.stderr is not None
    said = next(line for line in installer.stderr if step in line)
    installer.kill()
    installer.communicate()

    try:
        stack.install()
        assert healthy(stack), f"cut after {said!r}"
        assert "nothing changed" in stack.inv("install").stderr
        password = (stack.state / "secrets" / "first-password").read_text()
        assert Person(stack, "admin", password).get("/hub/home").status_code == 200
    finally:
        stack.remove()


def test_a_second_install_says_who_holds_the_stack_and_waits(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    first = stack.start("install", "--yes")
    eventually(lambda: (tmp_path / ".state.lock").exists() and (tmp_path / ".state.lock").read_text(), "the lock")

    second = stack.inv("install", "--yes")

    assert f"process {first.pid}" in second.stderr
    assert "nothing changed" in second.stderr
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    stack.remove()


def test_a_lock_file_left_by_a_dead_command_holds_nobody(own: InstalledStack) -> None:
    lock = own.state.with_name(f".{own.state.name}.lock")
    lock.write_text(json.dumps({"pid": 1, "command": "install"}))

    assert "waiting" not in own.inv("install").stderr


def test_a_taken_port_is_named_with_its_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        stack = InstalledStack(tmp_path, hub={"port": port})

        failed = stack.inv("install", "--yes", code=1)

    assert f"port {port}" in failed.stderr
    assert f"process {os.getpid()}" in failed.stderr


def test_a_free_port_is_chosen_when_none_is_declared(tmp_path: Path, own: InstalledStack) -> None:
    stack = InstalledStack(tmp_path)

    assert stack.install() != own.url
    stack.remove()


def test_a_full_disk_is_a_sentence_and_the_next_install_goes_on(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system to fill")
    stack = InstalledStack(tmp_path)
    stack.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(stack.state)], check=True)
    try:
        failed = stack.inv("install", "--yes", code=None)
        assert failed.returncode in (1, 6)
        assert "the disk is full" in failed.stderr
        subprocess.run(["mount", "-o", "remount,size=500m", str(stack.state)], check=True)
        stack.install()
        assert healthy(stack)
        stack.inv("uninstall")
    finally:
        subprocess.run(["umount", str(stack.state)], check=True)


def test_a_state_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    stack.state.write_text("a file in the way")

    assert "cannot" in stack.inv("install", "--yes", code=1).stderr


def test_a_half_made_vault_is_begun_anew(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    stack.install()
    stack.inv("uninstall")
    (stack.state / "bao" / "initialized.json").unlink()
    (stack.state / "bao" / "vault.db").write_bytes(b"cut short")

    stack.install()

    assert healthy(stack)
    stack.remove()


def test_a_damaged_vault_is_reported_with_its_last_words(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    stack.install()
    stack.inv("uninstall")
    (stack.state / "secrets" / "seal.key").write_text("0" * 64)

    failed = stack.inv("install", "--yes", code=6)

    assert "part vault" in failed.stderr
    assert "inv logs vault" in failed.stderr
    stack.remove()


def test_an_interrupted_install_ends_with_a_sentence(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    installer = stack.start("install", "--yes")
    eventually(lambda: (stack.state / "run").is_dir(), "the install to begin")
    installer.send_signal(signal.SIGINT)

    _, err = installer.communicate(timeout=60)

    assert installer.returncode == 130
    assert "Traceback" not in err
    stack.remove()
