"""A provider that is no Keycloak, and a hub that runs, as `inv doctor` sees them."""

import time

import pytest

from apply.hubapi import HubApi
from tests.hub.examples import ENVIRONMENT
from tests.hub.oidc.site import SECRET, Standin
from tests.hub.oidc.test_outage import REST_SECONDS
from tests.hub.realhub import RealHub
from tests.patient import Patient, parsed

GAPS = [("AUTH113", "warning")]
"""What the stand-in does not verify."""


@pytest.fixture
def patient(hub: RealHub, provider: Standin, monkeypatch: pytest.MonkeyPatch) -> Patient:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    text = (
        "version: 1\nname: lab\ntarget: {kind: local}\nauth:\n  kind: oidc\n  allow_all: true\n"
        f"  oidc: {{issuer: '{provider.url}', client_id: jupyterhub, client_secret: 'env:OIDC_SECRET'}}\n"
    )
    time.sleep(REST_SECONDS)
    api = HubApi(hub.api_url, ENVIRONMENT["BUUNSTACK_ADMIN_SERVICE_TOKEN"])
    return Patient(parsed(text), f"{hub.url}/", hub_api=api, delivered=[SECRET])


def test_a_provider_without_a_fault_has_the_gaps_of_the_stand_in_alone(patient: Patient) -> None:
    assert patient.codes() == GAPS


def test_a_secret_that_is_refused(patient: Patient, provider: Standin) -> None:
    provider.fault(secrets=["another"])

    assert patient.codes() == [*GAPS, ("AUTH112", "error")]


def test_a_hub_with_another_secret_than_the_one_that_was_brought(patient: Patient) -> None:
    patient.delivered = ["a-newer-one"]

    assert patient.codes() == [*GAPS, ("AUTH151", "error")]


def test_a_provider_that_is_away(patient: Patient, provider: Standin) -> None:
    provider.fault(status=503)

    assert patient.codes() == [("AUTH101", "error")]


def test_a_provider_that_hangs_is_not_waited_for(patient: Patient, provider: Standin) -> None:
    provider.fault(hang=True)
    began = time.monotonic()

    assert patient.codes() == [("AUTH101", "error")]
    assert time.monotonic() - began < 15
