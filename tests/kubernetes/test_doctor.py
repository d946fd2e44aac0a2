"""The doctor and a real stack in a cluster: nothing to say of a healthy one, and each fault has its own finding."""

from collections.abc import Iterator

import pytest

from apply import doctor
from apply.findings import Finding
from apply.target import target
from tests.e2e.stack import eventually
from tests.kubernetes.clusterfaults import FAULTS
from tests.kubernetes.clusterinjuries import Patient
from tests.kubernetes.site import Site, service_token
from tests.kubernetes.vaultsite import with_deployer, with_secrets
from tests.openbao import OpenBao

PATIENCE_SECONDS = 60
"""A kubelet looks at a pod again after some seconds, and a pod that was put back has to start."""


@pytest.fixture(scope="module")
def patient(bao: OpenBao, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    """A stack that is hurt and healed."""
    site = Site(tmp_path_factory.mktemp("patient"))
    site.declare(**with_secrets(bao))
    with_deployer(site, bao)
    site.inv("install", "--yes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAULT_TOKEN_FILE", site.environment["VAULT_TOKEN_FILE"])
        yield Patient(site, bao, tmp_path_factory.mktemp("faults"))
    site.remove()


def findings(patient: Patient) -> list[Finding]:
    """What the doctor says; the admin service's token is not in it."""
    reports = doctor.examined(target(str(patient.site.spec), None), "", 0, lambda _words: None)
    return [one for report in reports for one in report.findings]


def awaited(patient: Patient, codes: list[str]) -> None:
    """Until the doctor says just this; what it said last is told when it does not."""
    last: list[Finding] = []

    def said() -> bool:
        last[:] = findings(patient)
        return [one.code for one in last] == codes

    try:
        eventually(said, "", PATIENCE_SECONDS)
    except AssertionError:
        raise AssertionError(f"wanted {codes}, said {last}") from None


def test_a_healthy_stack_has_no_finding(patient: Patient) -> None:
    said = patient.site.inv("doctor")

    parts = ("cluster", "releases", "pods", "hub", "secrets", "login")
    assert said.stdout.splitlines() == [f"{part}: nothing wrong was found" for part in parts]
    assert "what is in Vault" not in said.stderr


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_own_finding_and_leaves_none_when_it_is_undone(patient: Patient, name: str) -> None:
    make, code = FAULTS[name]
    with make(patient):
        awaited(patient, [code])

    awaited(patient, [])


def test_errors_end_with_seven_and_no_secret_is_shown(patient: Patient) -> None:
    make, _ = FAULTS["release was left pending"]
    with make(patient):
        said = patient.site.inv("doctor", "--only=releases", code=7)

    assert said.stdout.startswith("error: HELM101 release lab was left pending-upgrade\n")
    assert service_token(patient.site) not in said.stdout + said.stderr
