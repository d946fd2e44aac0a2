"""Names of secrets and of their fields, as a page can take them. Pure."""

import unicodedata
from urllib.parse import quote


def key_fault(key: str) -> str:
    """Why a secret cannot have this name, in a sentence; empty when it can."""
    if not key:
        return "A secret needs a name."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in key):
        return "A name cannot hold a control character."
    parts = key.split("/")
    if "" in parts:
        return "A name has no slash at an end and no two in a row."
    if "." in parts or ".." in parts:
        return "A part of a name cannot be `.` or `..`."
    return ""


def field_fault(name: str) -> str:
    """Why a field cannot have this name, in a sentence; empty when it can."""
    return "" if name.strip() and name.isprintable() else "A field needs a name that can be seen."


def as_path(text: str) -> str:
    """A name as it stands in an address; slashes are its own."""
    return quote(text, safe="/")
