"""User names as Vault and file systems can bear them: one-to-one, lower case, no wildcards. Pure."""

import unicodedata

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-@")
_LONGEST_SEGMENT = 128
"""Characters; leaves room below the 255 bytes of a file name for what is put around it."""


def segment(name: str) -> str:
    """The name as one path segment.

    Lower-case ASCII letters, digits and `. _ - @` pass; every other byte of the UTF-8 form becomes `=xx`, and
    so does a leading dot. Vault folds the case of aliases and reads `+` and `*` as wildcards, so none is left.

    Raises:
        ValueError: half a surrogate pair, which has no UTF-8 form.
    """
    encoded = "".join(c if c in _PLAIN else "".join(f"={byte:02x}" for byte in c.encode()) for c in name)
    return f"=2e{encoded[1:]}" if encoded.startswith(".") else encoded


def unsegment(encoded: str) -> str:
    """The name whose segment this is.

    Raises:
        ValueError: no name has this segment.
    """
    first, *rest = encoded.split("=")
    try:
        name = (first.encode() + b"".join(bytes.fromhex(c[:2]) + c[2:].encode() for c in rest)).decode()
    except ValueError:
        name = None
    if name is None or segment(name) != encoded:
        raise ValueError(f"{encoded!r} is not the segment of a name")
    return name


def fits(name: str) -> bool:
    """Whether a name can be a user's: it has a segment, not too long, nothing invisible, and no twin that looks alike.

    An umlaut may be one character or two (Unicode's forms NFC and NFD): only the first is taken, or two people would
    have what reads as one name.
    """
    try:
        encoded = segment(name)
    except ValueError:
        return False
    shown = name.isprintable() and unicodedata.is_normalized("NFC", name)
    return shown and 0 < len(encoded) <= _LONGEST_SEGMENT


def alias(stack: str, user: str) -> str:
    """The user's name in Vault, apart from the same user of another stack on the same server.

    Raises:
        ValueError: an empty name, which Vault would take as nobody.
    """
    if not user:
        raise ValueError("a user without a name has no alias")
    return f"{stack}.{segment(user)}"


def home(root: str, stack: str, user: str) -> str:
    """Where the user's secrets are below the mount; the policy builds the same from the alias."""
    return f"{root}/users/{alias(stack, user)}"


def plain_home(root: str, user: str) -> str:
    """The same with a policy for each user, as buun-stack has it: every stack of the server shares these places."""
    return f"{root}/users/{segment(user)}"
