"""How the Vault of a stack in a cluster is hurt, and healed at the end of each body."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kubernetes.clusterinjuries import Fault, Patient, declared
from tests.openbao import certificates


@contextlib.contextmanager
def in_bao(patient: Patient, path: str, body: dict[str, Any] | None) -> Iterator[None]:
    """Something in Vault removed or written over, and written again as it was."""
    before = patient.bao.ok("GET", path)["data"]
    if body is None:
        patient.bao.ok("DELETE", path)
    else:
        patient.bao.ok("POST", path, body={**before, **body})
    yield
    patient.bao.ok("POST", path, body=before)


def bao(path: str, body: dict[str, Any] | None = None) -> Fault:
    return lambda patient: in_bao(patient, path, body)


@contextlib.contextmanager
def login_unmounted(patient: Patient) -> Iterator[None]:
    patient.bao.ok("DELETE", "sys/auth/lab-hub")
    yield
    patient.site.inv("vault.apply")


@contextlib.contextmanager
def sealed(patient: Patient) -> Iterator[None]:
    patient.bao.seal()
    yield
    patient.bao.unseal()


@contextlib.contextmanager
def away(patient: Patient) -> Iterator[None]:
    patient.bao.kill()
    yield
    patient.bao.start()
    patient.bao.unseal()


@contextlib.contextmanager
def strange_authority(patient: Patient) -> Iterator[None]:
    with declared(patient, ca=str(certificates(patient.folder / "strange").ca)):
        yield


@contextlib.contextmanager
def dead_credential(patient: Patient) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAULT_TOKEN", "s.nobody0123456789nobody01")
        yield
