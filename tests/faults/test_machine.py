"""What a machine does to a stack: full disks, taken ports, stale locks, two commands at once, damaged data."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.stack import InstalledStack, eventually


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


@pytest.mark.parametrize("step", ["environment", "files are in"])
def test_a_port_that_somebody_takes_between_its_choice_and_its_use_is_given_up(tmp_path: Path, step: str) -> None:
    small = {"display_name": "Small", "packages": ["six"], "default": True}
    stack = InstalledStack(tmp_path, profiles={"small": small, "datascience": {"enabled": False}})
    running = stack.start("install", "--yes")
    assert running.stderr
    for line in running.stderr:
        if line.startswith("[") and step in line:
            break
    port = json.loads((stack.state / "conf" / "facts.json").read_text())["ports"]["public_port"]

    with socket.create_server(("127.0.0.1", port)):
        out, err = running.communicate(timeout=100)

    assert running.returncode == 0, err
    assert f":{port}/" not in out
    # Of this port: the next one that is chosen may be taken as well, by another stack of this machine.
    met = f":{port}: bind: address already in use" in (stack.state / "log" / "proxy.log").read_text()
    assert met == (step != "environment")
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
        assert stack.healthy()
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

    assert stack.healthy()
    stack.remove()


def test_a_damaged_vault_is_reported_with_its_last_words(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    stack.install()
    stack.inv("uninstall")
    (stack.state / "secrets" / "seal.key").write_text("0" * 64)

    failed = stack.inv("install", "--yes", code=6)

    assert "part vault runs and answers 503" in failed.stderr
    assert "secrets/seal.key is not the key it was made with" in failed.stderr
    assert "inv logs vault" in failed.stderr
    stack.remove()
