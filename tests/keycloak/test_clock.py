"""A hub whose clock is not Keycloak's: a minute is borne, and what is not is told."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import wrong_by
from tests.hub.realhub import eventually
from tests.keycloak.hubsite import ALLOWED, OVERDUE_SECONDS, Site
from tests.keycloak.lab import Lab
from tests.keycloakserver import KeycloakServer

ROOT = Path(__file__).parent.parent.parent
LIFE_SECONDS = 15
"""Of an access token: five seconds more than the hub's margin."""


@pytest.fixture(scope="module", params=[-60, 60], ids=["behind", "ahead"])
def site(
    request: pytest.FixtureRequest, keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    site = Site(keycloak, tmp_path_factory.mktemp("clock"), LIFE_SECONDS)
    site.hub.environment = wrong_by(request.param)
    with site:
        yield site


def test_people_sign_in_and_a_session_outlives_its_access_token(site: Site) -> None:
    site.account("ada", ALLOWED)
    browser = site.signed_in("ada")
    before = len(site.calls())

    time.sleep(LIFE_SECONDS - 9)  # now it is nearer to its end than the margin

    assert browser.signed_in()
    assert site.calls()[before:] == ["POST token", "GET userinfo"]


def test_a_sign_out_at_keycloak_is_taken(site: Site) -> None:
    account = site.account("bob", ALLOWED)
    browser = site.signed_in("bob")

    site.admin.post(f"{site.realm}/users/{account}/logout", None)

    eventually(lambda: not browser.signed_in(), "the session has ended")


def test_a_server_starts_and_whoever_was_removed_is_out(site: Site) -> None:
    account = site.account("cid", ALLOWED)
    browser = site.signed_in("cid")
    token = browser.api_token()
    assert site.hub.api("POST", "users/cid/server", token).status_code in (201, 202)
    eventually(lambda: site.hub.server("cid").get("ready"), "the server is ready")

    site.leave(account, ALLOWED)
    time.sleep(LIFE_SECONDS - 9 + OVERDUE_SECONDS)

    assert not browser.signed_in()
    site.hub.stop_server("cid")


@pytest.mark.parametrize(
    ("seconds", "side", "severity"),
    [(60, "behind", "warning"), (-60, "ahead of", "warning"), (-180, "ahead of", "error")],
)
def test_the_doctor_tells_of_a_clock_that_differs(
    lab: Lab, tmp_path: Path, seconds: int, side: str, severity: str
) -> None:
    lab.able("client")
    (tmp_path / "installer.secret").write_text(lab.secret)
    (tmp_path / "stack.yaml").write_text(lab.text("client", client_secret="env:HUB_SECRET"))
    command = [
        sys.executable,
        "-m",
        "invoke",
        "doctor",
        "--only=login",
        "--json",
        "--spec",
        str(tmp_path / "stack.yaml"),
    ]
    environment = os.environ | {"HUB_SECRET": "secret-of-tests"} | wrong_by(seconds)

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    findings = json.loads(done.stdout)["login"]["findings"]
    (found,) = [one for one in findings if one["code"] == "AUTH107"]
    assert found["severity"] == severity
    assert f"{side} this machine's" in found["evidence"]
