"""What a secret looks like: patterns over a file's path and bytes. Pure."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Sequence

LONGEST = 8192
"""Bytes that a match may have: pieces of a long file overlap by so many."""
_FEWEST_CHARACTERS = 8
"""Different ones in a token; `glpat-xxxxxxxxxxxxxxxxxxxx` is a document's placeholder."""

NAMES = {
    ".netrc": "logins",
    "_netrc": "logins",
    ".pypirc": "logins of package indexes",
    ".git-credentials": "logins of Git",
    ".dockercfg": "logins of registries",
    ".docker/config.json": "logins of registries",
    "containers/auth.json": "logins of registries",
    ".vault-token": "a Vault token",
    ".aws/credentials": "AWS keys",
    ".kube/config": "access to a cluster",
    "id_rsa": "an SSH key",
    "id_dsa": "an SSH key",
    "id_ecdsa": "an SSH key",
    "id_ed25519": "an SSH key",
}
"""Files that have no other use than to hold a secret."""
_WITH_ADDRESSES = ("pip.conf", ".condarc", "condarc", "uv.toml", "sources.list")
"""Files with addresses of mirrors, where a login is easily left."""

_SHIPPED = re.compile(
    r"/site-packages/.+/(?:(?:tests?|testing|test_data)/|test_[^/]+\.py$)"  # tornado's test.key, ecdsa's test_keys.py
    r"|/site-packages/[^/]+\.dist-info/(?:METADATA|licenses/)"  # a README with an example of a token
    r"|^/usr/share/doc/"
    r"|/libgnutls\.so[.0-9]*$"  # its self-test's key
)
"""Where packages ship keys that everybody has: their tests and their documentation, once installed. Patterns are not
looked for there; names of files and exact values are."""


def named(path: str) -> str:
    """What a file holds by its name alone; empty when that says nothing."""
    parts = path.split("/")
    return NAMES.get(parts[-1]) or NAMES.get("/".join(parts[-2:]), "")


def patterns(path: str, content: bytes) -> Iterator[str]:
    """What looks like a secret in a piece of a file, each kind once.

    Args:
        path: from the root, with a slash before it.
    """
    if _SHIPPED.search(path):
        return
    for kind, pattern, convincing in _PATTERNS:
        if any(convincing(match.group()) for match in pattern.finditer(content)):
            yield kind
    if path.endswith(_WITH_ADDRESSES) and _LOGIN.search(content):
        yield "a login in an address"


def exact(content: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether one of the very values is in a piece of a file."""
    return any(secret in content for secret in secrets)


def _any(_: bytes) -> bool:
    return True


def _random(token: bytes) -> bool:
    """A token's tail, not a placeholder; AWS's own documents end in EXAMPLE."""
    return b"EXAMPLE" not in token and len(set(token)) >= _FEWEST_CHARACTERS


def _mixed(token: bytes) -> bool:
    """Vault's older tokens look like an attribute's name: `s.suppressHydrationWarning`. One in 66 has no digit."""
    tail = token[2:]
    return bool(_random(tail) and re.search(b"[0-9]", tail) and re.search(b"[a-z]", tail) and re.search(b"[A-Z]", tail))


def _signed(token: bytes) -> bool:
    """A JSON Web Token: its first part is JSON that names an algorithm."""
    head = token.partition(b".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    except (ValueError, binascii.Error):
        return False
    return isinstance(header, dict) and header.get("alg") not in (None, "none")


_KEY = (
    rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\\[rn]|\s|[A-Za-z-]{1,20}: [^\n]{1,80}\n){1,8}[A-Za-z0-9+/=]{32}"
)
"""With the key itself: many programs hold the line before it, to look for keys."""
_LOGIN = re.compile(rb"https?://[^/\s:@]{1,128}:[^/\s@]{3,512}@")
_PATTERNS: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], bool]], ...] = tuple(
    (kind, re.compile(pattern), convincing)
    for kind, pattern, convincing in (
        ("a private key", _KEY, _any),
        ("a Vault token", rb"hv[sbr]\.(?<![A-Za-z0-9_.]hv.\.)[A-Za-z0-9_-]{24,}", _random),
        ("a Vault token", rb"s\.(?<![A-Za-z0-9_.]s\.)[A-Za-z0-9]{24}(?![A-Za-z0-9_])", _mixed),
        ("an AWS key", rb"AKIA(?<![A-Z0-9]AKIA)[A-Z0-9]{16}(?![A-Z0-9])", _random),
        ("an AWS key", rb"ASIA(?<![A-Z0-9]ASIA)[A-Z0-9]{16}(?![A-Z0-9])", _random),
        ("a GitHub token", rb"gh[pousr]_(?<![A-Za-z0-9]gh._)[A-Za-z0-9]{36}", _random),
        ("a GitHub token", rb"github_pat_[A-Za-z0-9_]{50,}", _random),
        ("a GitLab token", rb"glpat-[A-Za-z0-9_-]{20,}", _random),
        ("a Slack token", rb"xox[abeoprs]-[0-9]{6,}-[A-Za-z0-9-]{10,}", _random),
        ("a token of a package index", rb"pypi-AgEI[A-Za-z0-9_-]{50,}", _random),
        ("a JSON Web Token", rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}", _signed),
    )
)
"""Each begins with letters of its own: Python then skips to them at 1 GB/s, where a choice of beginnings in one
expression makes 0.1 GB/s. For that reason, what may not stand before a token is asked behind its beginning."""
