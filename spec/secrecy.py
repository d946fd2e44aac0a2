"""What of a stack file may be a secret by its key's name, and so is never shown. Pure."""

import re

_NAMES = r"(?:(?<!tls_)secret|password|passwd|token|credentials?|api_?key)\w{0,2}"
_NAME = re.compile(rf"{_NAMES}\Z", re.IGNORECASE)
"""`client_secret`, `DB_PASSWORD` and misspelt ones such as `client_secrett`; `tls_secret` is the name of one."""
_VALUE = re.compile(rf"({_NAMES}[\"']?\s*:\s*)(?![\"']?(?:vault|env|k8s|file):)[^\s#{{\[].*", re.IGNORECASE)


def names_secret(path: tuple[str | int, ...]) -> bool:
    """Whether the last key of a path says that its value is a secret."""
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return bool(_NAME.search(name))


def without_secrets(line: str) -> str:
    """A line of the file up to the first literal secret in it; references to secrets stay."""
    return _VALUE.sub(r"\1…", line)
