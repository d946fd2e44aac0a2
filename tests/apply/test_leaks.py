"""What a secret looks like, and what only looks like one."""

import string

import pytest

from apply import leaks
from tests.apply.imagearchives import private_key, token, web_token

UPPER = string.ascii_uppercase + string.digits
SECRETS = {
    "key": ("a private key", private_key()),
    "key of PKCS 8": ("a private key", private_key("")),
    "key of OpenSSH": ("a private key", private_key("OPENSSH ")),
    "key of a service account in JSON": ("a private key", private_key("", "\\n")),
    "vault": ("a Vault token", "hv" + "s." + token(90)),
    "vault before 1.10": ("a Vault token", "token = s" + "." + "a1B" + token(21)),
    "aws": ("an AWS key", "AK" + "IA" + token(16, characters=UPPER)),
    "aws for a session": ("an AWS key", "AS" + "IA" + token(16, characters=UPPER)),
    "github": ("a GitHub token", "gh" + "p_" + token(36)),
    "github of one repository": ("a GitHub token", "github" + "_pat_" + token(82)),
    "gitlab": ("a GitLab token", "gl" + "pat-" + token(20)),
    "slack": ("a Slack token", "xo" + "xb-1234567890-" + token(24)),
    "package index": ("a token of a package index", "pypi" + "-AgEI" + token(120)),
    "web token": ("a JSON Web Token", web_token({"alg": "HS256", "typ": "JWT"})),
}
HARMLESS = {
    "a program that looks for keys": "-----BEGIN RSA PRIVATE KEY-----\0-----BEGIN DSA PRIVATE KEY-----\0",
    "an attribute": "s.suppressHydrationWarning = 1; this.s.createInt32ArrayFromBuffe",
    "a placeholder": "gl" + "pat-" + "x" * 20,
    "AWS's own example": "AK" + "IA" + "IOSFODNN7EXAMPLE",
    "base64 of some JSON": web_token({"kind": "nothing"}),
    "a token without a signature": web_token({"alg": "none"}),
    "a part of a longer word": "XAK" + "IA" + token(16, characters=UPPER),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_found_in_the_middle_of_other_bytes(name: str) -> None:
    kind, secret = SECRETS[name]

    assert set(leaks.patterns("/app/file", b"\xff\0 " + secret.encode() + b"\n\xff")) == {kind}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_like_a_secret_is_none(name: str) -> None:
    assert list(leaks.patterns("/app/file", HARMLESS[name].encode())) == []


@pytest.mark.parametrize(
    "path",
    [
        "/opt/venv/lib/python3.11/site-packages/tornado/test/test.key",
        "/opt/conda/lib/python3.12/site-packages/a/b/tests/data/key.pem",
        "/opt/venv/lib/python3.11/site-packages/pyjwt-2.15.1.dist-info/METADATA",
        "/opt/venv/lib/python3.11/site-packages/ecdsa/test_keys.py",
        "/usr/share/doc/openssl/demo.pem",
        "/usr/lib/x86_64-linux-gnu/libgnutls.so.30.34.3",
    ],
)
def test_keys_that_packages_ship_are_no_alarm(path: str) -> None:
    assert list(leaks.patterns(path, private_key().encode())) == []


@pytest.mark.parametrize(
    "path",
    [
        "/home/jovyan/test/test.key",
        "/tests/key.pem",
        "/opt/venv/lib/python3.11/site-packages/mine/key.pem",
        "/opt/venv/lib/python3.11/site-packages/test.key",
        "/home/jovyan/test_keys.py",
        "/home/jovyan/usr/share/doc/key",
        "/opt/mylibgnutls.so.txt",
    ],
)
def test_the_same_key_anywhere_else_is_one(path: str) -> None:
    assert list(leaks.patterns(path, private_key().encode())) == ["a private key"]


@pytest.mark.parametrize(
    "path", ["/root/.netrc", "/home/a/.pypirc", "/root/.ssh/id_rsa", "/root/.docker/config.json", "/.vault-token"]
)
def test_a_file_that_can_only_hold_a_secret_is_known_by_its_name(path: str) -> None:
    assert leaks.named(path)


@pytest.mark.parametrize("path", ["/root/.wh..netrc", "/app/config.json", "/app/id_rsa.pub", "/app/netrc.py"])
def test_other_files_are_not(path: str) -> None:
    assert not leaks.named(path)


def test_a_login_in_the_address_of_an_index_is_found_and_only_there() -> None:
    content = b"[global]\nindex-url = https://me:" + token(12).encode() + b"@index.example.net/simple\n"

    assert list(leaks.patterns("/etc/pip.conf", content)) == ["a login in an address"]
    assert list(leaks.patterns("/app/README.md", content)) == []
    assert list(leaks.patterns("/etc/pip.conf", b"index-url = https://index.example.net:8443/@me/simple")) == []
