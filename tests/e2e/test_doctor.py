"""The doctor and a real stack on this machine: nothing to say of a healthy one, and each fault has its own finding."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator

import pytest

from apply import doctor
from apply.findings import Finding
from spec.quantities import bytes_of
from tests.e2e import localinjuries
from tests.e2e.localfaults import FAULTS, ROLE
from tests.e2e.localinjuries import local
from tests.e2e.stack import ROOT, InstalledStack, eventually

NO_LANDLOCK = ROOT / "tests" / "hub" / "local" / "no_landlock.py"
SPEC = {
    "hub": {"tls": "self-signed"},
    "mcp": {"enabled": True},
    "profiles": {
        "datascience": {"enabled": False},
        "small": {"display_name": "Small", "packages": ["six"], "default": True},
    },
}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    """A stack that is hurt and healed."""
    patient = InstalledStack(tmp_path_factory.mktemp("patient"), **SPEC)
    patient.least_free = "1Mi"  # type: ignore[attr-defined]
    patient.install()
    yield patient
    patient.remove()


def findings(stack: InstalledStack) -> list[Finding]:
    """What the doctor says; no secret of the stack is in it."""
    free = bytes_of(stack.least_free)  # type: ignore[attr-defined]
    reports = doctor.examined(local(stack), "", free, lambda _words: None)
    found = [one for report in reports for one in report.findings]
    secrets = [path.read_text() for path in (stack.state / "secrets").iterdir()]
    assert not [value for value in secrets if len(value) > 8 and value.strip() in repr(reports)]
    return found


def test_a_healthy_stack_has_no_finding(patient: InstalledStack) -> None:
    said = patient.inv("doctor", "--least-free=1Mi")

    assert said.stdout.splitlines() == [
        f"{part}: nothing wrong was found" for part in ("machine", "parts", "hub", "profiles", "secrets", "login")
    ]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_own_finding_and_leaves_none_when_it_is_undone(patient: InstalledStack, name: str) -> None:
    make, code = FAULTS[name]
    with make(patient):
        found = findings(patient)

    assert [one.code for one in found] == [code], found
    eventually(lambda: findings(patient) == [], f"no finding: {findings(patient)}", 60)


def test_an_old_kernel_is_told(patient: InstalledStack) -> None:
    command = [sys.executable, str(NO_LANDLOCK), "--", *patient.command("doctor", "--json", "--least-free=1Mi")]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ)

    told = json.loads(done.stdout)
    assert [one["code"] for part in told.values() for one in part["findings"]] == ["MACH101"]


def test_what_is_safe_is_put_right_and_said_before(patient: InstalledStack) -> None:
    secret = patient.state / "secrets" / "crypt-key"
    secret.chmod(0o644)
    (patient.state / "homes").rmdir()
    with localinjuries.vault(patient) as vault:
        vault.write(ROLE, {"orphan": False})

    said = patient.inv("doctor", "--fix", "--least-free=1Mi")

    assert "fixing FILE101: secrets are made private again" in said.stderr
    assert "fixing VAULT104: policies and token role are written to Vault as declared" in said.stderr
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert findings(patient) == []
    assert "fixing" not in patient.inv("doctor", "--fix", "--least-free=1Mi").stderr


def test_a_supervisor_that_is_gone_is_started_and_the_parts_go_on(patient: InstalledStack) -> None:
    hub = patient.pid("hub")
    with localinjuries.unsupervised(patient):
        said = patient.inv("doctor", "--fix", "--only=parts", code=None)

    assert "fixing PROC104: a supervisor is started" in said.stderr
    eventually(lambda: findings(patient) == [], "no finding", 40)
    assert patient.pid("hub") == hub


def test_errors_end_with_seven_and_one_part_is_enough(patient: InstalledStack) -> None:
    with localinjuries.held(patient), localinjuries.changed(patient.state / "tls" / "public.pem", b"nothing"):
        said = patient.inv("doctor", "--only=machine", "--least-free=1Mi", code=7)

    assert said.stdout.startswith("error: CERT105 the certificate of public cannot be read\n")
    assert said.stdout.endswith("\nmachine: 1 error, 1 warning\n")
