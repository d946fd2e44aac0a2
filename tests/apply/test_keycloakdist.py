"""Keycloak's distribution: what is missing or wrong is said, and servers leave it as it is."""

from pathlib import Path

import pytest

from apply import keycloakdist
from render.keycloakpart import server_command
from spec.errors import StackError, ToolMissing


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    return made


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a Java that is new enough."""
    java = program(tmp_path / "jdk" / "bin", "java", "echo 'openjdk version \"21.0.1\" 2026-01-01' >&2")
    monkeypatch.setenv("JAVA_HOME", str(java.parent.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "buunstack" / "keycloak"


def quiet(_: str) -> None:
    """Tells nobody."""


def test_without_java_nothing_is_fetched(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(cache))

    with pytest.raises(ToolMissing, match="needs Java"):
        keycloakdist.distribution(quiet)


def test_an_old_java_is_refused(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = program(tmp_path / "old" / "bin", "java", "echo 'openjdk version \"11.0.2\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(java.parent.parent))

    with pytest.raises(ToolMissing, match=f"needs Java 17, and {java} is older"):
        keycloakdist.java()


def test_without_maven_the_hint_says_where_the_archive_may_be_put(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    with pytest.raises(ToolMissing, match=f"is not in {cache}") as found:
        keycloakdist.distribution(quiet)

    assert found.value.hint.startswith("put keycloak-quarkus-dist-")


def test_another_archive_than_the_one_that_was_meant_is_refused(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / f"keycloak-quarkus-dist-{keycloakdist.VERSION}.tar.gz").write_bytes(b"something else")

    with pytest.raises(StackError, match=r"its SHA-256 is [0-9a-f]{64}"):
        keycloakdist.distribution(quiet)

    assert not (cache / keycloakdist.VERSION).exists()


def test_a_server_has_data_of_its_own_beside_links_to_what_is_shared(tmp_path: Path) -> None:
    built = tmp_path / "built"
    for folder in (built, tmp_path / "newer"):
        (folder / "lib").mkdir(parents=True)

    place = keycloakdist.home(tmp_path / "server", built)
    keycloakdist.home(place, tmp_path / "newer")

    assert (place / "lib").resolve() == tmp_path / "newer" / "lib"
    assert place.stat().st_mode & 0o777 == 0o700
    assert f"-Dkc.home.dir={place}" in server_command("java", str(place), "8080", "9000")
