"""`inv doctor` as it is typed: what it prints, and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.openbao import free_port

ROOT = Path(__file__).parent.parent.parent
SECRET = "the-hubs-own-secret-0123456789"
LOCAL = "version: 1\nname: lab\ntarget: {kind: local}\n"


def doctor(folder: Path, auth: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "stack.yaml").write_text(LOCAL + auth)
    command = [sys.executable, "-m", "invoke", "doctor", "--spec", str(folder / "stack.yaml")]
    environment = os.environ | {"OIDC_SECRET": SECRET}
    done = subprocess.run(
        [*command, "--state", str(folder / "state"), *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done


def installed(folder: Path) -> None:
    """What an install leaves of this machine's addresses."""
    made = folder / "state" / "conf"
    made.mkdir(parents=True)
    ports = {"public_port": free_port(), "hub_port": free_port()}
    (made / "facts.json").write_text(json.dumps({"ports": ports}))


@pytest.fixture
def away() -> str:
    issuer = f"http://127.0.0.1:{free_port()}"
    return (
        "auth:\n  kind: oidc\n  allow_all: true\n"
        f"  oidc: {{issuer: '{issuer}', client_id: jupyterhub, client_secret: 'env:OIDC_SECRET'}}\n"
    )


def test_where_the_hub_knows_the_users_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    done = doctor(tmp_path, "auth: {kind: native}\n", "--only=login")

    assert (done.returncode, done.stdout) == (0, "login: nothing wrong was found\n")
    assert "the hub itself knows the users (auth.kind: native)" in done.stderr


def test_an_error_is_printed_with_its_repair_and_ends_with_seven(tmp_path: Path, away: str) -> None:
    installed(tmp_path)

    done = doctor(tmp_path, away, "--only", "login")

    assert done.returncode == 7
    assert done.stdout.startswith("error: AUTH101 the provider of http://127.0.0.1:")
    assert "  repair: start it, or correct auth.oidc.issuer\n" in done.stdout
    assert done.stdout.endswith("\nlogin: 1 error\n")


def test_json_is_for_scripts(tmp_path: Path, away: str) -> None:
    installed(tmp_path)

    done = doctor(tmp_path, away, "--json", "--only=login")

    told = json.loads(done.stdout)["login"]
    assert [one["code"] for one in told["findings"]] == ["AUTH101"]
    assert any(reason.startswith("the hub: ") for reason in told["unseen"])


def test_before_the_first_install_nobody_knows_the_addresses(tmp_path: Path, away: str) -> None:
    done = doctor(tmp_path, away)

    assert done.returncode == 1
    assert "no stack is installed" in done.stderr
    assert "hint: inv install" in done.stderr


def test_a_part_that_is_none_is_named_with_those_that_are(tmp_path: Path) -> None:
    done = doctor(tmp_path, "auth: {kind: native}\n", "--only", "coffee")

    assert done.returncode == 1
    assert "one of: machine, parts, hub, profiles, secrets, login" in done.stderr


def test_a_bound_that_is_no_amount_is_refused(tmp_path: Path) -> None:
    done = doctor(tmp_path, "auth: {kind: native}\n", "--least-free=much")

    assert done.returncode == 1
    assert "--least-free much: that is no amount of bytes\n  hint: such as 500Mi or 2Gi" in done.stderr


@pytest.mark.parametrize("name", ["facts.json", "parts.json", "settings.json"])
def test_a_state_directory_that_is_damaged_anywhere_ends_in_no_traceback(tmp_path: Path, name: str) -> None:
    installed(tmp_path)
    (tmp_path / "state" / "conf" / name).write_bytes(b"\xff\x00 no text")

    done = doctor(tmp_path, "auth: {kind: native}\n")

    assert done.returncode == 7
    assert "PROC104" in done.stdout or "FILE103" in done.stdout
