"""A literal secret in the file reaches no message, however wrong the place or the text around it is."""

import pytest

from spec.load import parse
from spec.secrecy import names_secret, without_secrets
from tests.spec.stacks import CLUSTER, LOCAL, place, problem, problems

OIDC = CLUSTER + "auth:\n  kind: oidc\n  oidc:\n    issuer: https://login.lab.internal\n    client_id: hub\n"
SECRET = "hunter2"

LITERAL = {
    "plain": "    client_secret: hunter2\n",
    "in quotes": '    client_secret: "hunter2"\n',
    "as a list": "    client_secret: [hunter2]\n",
    "as a mapping": "    client_secret: {hunter2: hunter2}\n",
    "of several lines": "    client_secret: |\n      hunter2\n      hunter2\n",
    "a reference of another kind": "    client_secret: gitlab:hunter2\n",
    "in a misspelt key": "    client_secrett: hunter2\n",
    "twice": "    client_secret: hunter2\n    client_secret: hunter2\n",
    "like a tag": "    client_secret: !hunter2\n",
    "like an alias": "    client_secret: *hunter2\n",
    "like an at sign": "    client_secret: @hunter2\n",
    "in an open quote": "    client_secret: 'hunter2\n",
    "with a second colon": "    client_secret: hunter2: hunter2\n",
    "with a control character": "    client_secret: hunter2\x01\n",
    "in a section that is wrong": "  session: {refresh: never, client_secret: hunter2}\n",
    "beside another mistake": "  keycloak: {realm: 7, admin_secret: hunter2}\n",
    "before another mistake": "  keycloak: {admin_secret: hunter2, realm: 7}\n",
    "after a reference": '    client_secret: "env:A\\nhunter2"\n',
}


@pytest.mark.parametrize("text", LITERAL.values(), ids=LITERAL.keys())
def test_a_literal_secret_is_refused_and_not_shown(text: str) -> None:
    found = problems(OIDC + text)

    assert found
    assert all(SECRET not in str(one) and SECRET not in one.source for one in found)


DIGITS = ["0123456", "1234567", "1e999", "0x1234567", "12:34567"]


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("text", [OIDC + "    client_secret: _\n", LOCAL + "notebook: {environment: {PASSWORD: _}}\n"])
def test_a_secret_of_digits_is_not_shown_either(text: str, digits: str) -> None:
    found = problems(text.replace(" _", f" {digits}"))

    assert found or digits == "12:34567"
    assert all(digits not in str(one) for one in found)


def test_a_literal_secret_gets_the_ways_to_refer_to_one() -> None:
    found = problem(OIDC + "    client_secret: hunter2\n")

    assert place(found) == (9, 20)
    assert found.message == "expected a reference to a secret, not the secret"
    assert found.hint == "vault:PATH#FIELD, env:NAME, k8s:SECRET#KEY or file:PATH"


@pytest.mark.parametrize("reference", ["vault:secret/hub#key", "env:SECRET", "k8s:hub#key", "file:/etc/hub.secret"])
def test_a_reference_is_accepted_and_may_be_shown(reference: str) -> None:
    stack = parse(OIDC + f"    client_secret: {reference}\n", "f")[0]

    assert stack.auth.oidc.client_secret == reference
    assert without_secrets(f"client_secret: {reference}") == f"client_secret: {reference}"


def test_the_line_is_shown_up_to_the_secret() -> None:
    found = problem(CLUSTER + "auth: {client_secret: hunter2, allow_all: true}\n")

    assert found.source == "auth: {client_secret: …"
    assert str(found).splitlines()[2] == "       |        ^"


SHOWN = ["tls_secret: jupyter-tls", "user_token: {ttl: 1h}", "allow_token_in_url: true", "minimum_password_length: 7"]


@pytest.mark.parametrize("line", [*SHOWN, "client_secret:", "client_secret:  # where it is kept"])
def test_a_line_without_a_secret_is_shown_whole(line: str) -> None:
    assert without_secrets(line) == line


def test_a_name_tells_a_secret() -> None:
    assert names_secret(("auth", "oidc", "client_secret"))
    assert names_secret(("notebook", "environment", "DB_PASSWORD"))
    assert names_secret(("images", "credentials", 0))
    assert not names_secret(("ingress", "tls_secret"))
    assert not names_secret(())
