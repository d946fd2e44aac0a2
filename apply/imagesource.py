"""Where an image comes from, as the OCI's annotations have it. Asks git, and the clock."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from apply.run import found, run
from spec.errors import StackError


def source_labels(folder: Path) -> dict[str, str]:
    """Time, and commit and repository of a folder that git knows; opencontainers/image-spec, annotations."""
    labels = {"created": datetime.now(UTC).isoformat(timespec="seconds"), "vendor": "buunstack"}
    if commit := _git(folder, "rev-parse", "HEAD"):
        labels["revision"] = commit + ("-modified" if _git(folder, "status", "--porcelain") else "")
    if url := _without_login(_git(folder, "remote", "get-url", "origin")):
        labels["source"] = url
    return {f"org.opencontainers.image.{name}": value for name, value in labels.items()}


def _git(folder: Path, *words: str) -> str:
    """Nothing, where there is no git, no repository or no such thing in it."""
    if found("git") is None:
        return ""
    try:
        return run(["git", "-C", str(folder), *words], what="asking git").strip()
    except StackError:
        return ""


def _without_login(url: str) -> str:
    """A remote of a pipeline often has its token in the address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ssh"):
        return ""
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()
