"""What goes wrong on the way to Keycloak, in sentences."""

import time
from pathlib import Path

import pytest

from apply import keycloaklayer
from apply.keycloak import Keycloak, service_account
from apply.keycloakbootstrap import bootstrap
from spec.errors import StackError, TargetUnreachable
from tests.keycloak.lab import INSTALLER, Lab, quiet
from tests.openbao import certificates, free_port

WRONG = "not-the-secret-of-anybody"


def test_a_keycloak_that_is_away(lab: Lab) -> None:
    away = Keycloak(f"http://127.0.0.1:{free_port()}", lab.realm, service_account(INSTALLER, WRONG))

    with pytest.raises(TargetUnreachable, match=r"AUTH101 Keycloak does not answer at http://127.* refused") as found:
        keycloaklayer.examine(away, lab.declared("client"), None)
    assert "auth.keycloak.url" in found.value.hint


def test_a_certificate_of_somebody_else(lab: Lab, tmp_path: Path) -> None:
    other = certificates(tmp_path).ca
    for trust in (None, other):
        grant = service_account(INSTALLER, WRONG)
        with pytest.raises(TargetUnreachable, match="AUTH102 the certificate of Keycloak at https://") as found:
            Keycloak(lab.server.https_address, lab.realm, grant, trust).roles()
        assert "`ca:`" in found.value.hint


def test_a_private_authority(lab: Lab) -> None:
    lab.able("client")
    grant = service_account(INSTALLER, lab.secret)
    secure = Keycloak(lab.server.https_address, lab.realm, grant, lab.server.ca)

    assert keycloaklayer.write(secure, lab.declared("client"), None, quiet) != []


def test_a_realm_that_is_not_there(lab: Lab) -> None:
    lost = Keycloak(lab.server.address, "nowhere", service_account(INSTALLER, lab.secret))

    with pytest.raises(StackError, match="AUTH103 realm nowhere does not exist"):
        lost.roles()


@pytest.mark.parametrize("name", [INSTALLER, "nobody"])
def test_a_wrong_secret_or_account(lab: Lab, name: str) -> None:
    lab.able("client")
    wrong = Keycloak(lab.server.address, lab.realm, service_account(name, WRONG))

    with pytest.raises(StackError, match=f"AUTH122 Keycloak refuses account {name} in realm {lab.realm}") as found:
        keycloaklayer.examine(wrong, lab.declared("client"), None)

    assert WRONG not in found.value.text() + repr(found.value) + repr(wrong)


def test_an_answer_that_is_no_answer(lab: Lab) -> None:
    with pytest.raises(StackError, match=r"Keycloak refused POST .*/clients: 400 "):
        lab.admin.post(f"{lab.realm}/clients", {"clientId": "a", "rootUrl": "no address"})


def test_a_token_is_renewed_before_its_end(lab: Lab) -> None:
    lab.admin.put(lab.realm, {"accessTokenLifespan": 11})
    installer = lab.able("client")
    first = installer.claims()["jti"]

    time.sleep(1.5)

    assert installer.claims()["jti"] != first
    assert keycloaklayer.examine(installer, lab.declared("client"), None)[0] != []


def test_a_realm_that_the_stack_does_not_own_is_not_made(lab: Lab) -> None:
    declared = lab.declared("client") | {"realm": "nowhere"}

    with pytest.raises(StackError, match="AUTH103 realm nowhere does not exist, and the stack does not own it"):
        bootstrap(lab.admin, declared, INSTALLER, lab.secret, ("manage-clients",), quiet)
