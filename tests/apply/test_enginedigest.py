"""The digest of a base: what a registry says now, else what was pulled, else none."""

from pathlib import Path

import pytest

from apply.engine import Engine, EngineError

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def engine(folder: Path, registry: str, local: str, pull: str = "exit 1") -> Engine:
    """A `docker` that answers as told."""
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in\n*imagetools*) {registry};;\n*"image inspect"*) {local};;\n*pull*) {pull};;\nesac\n'
    )
    program.chmod(0o755)
    return Engine(str(program))


def inspected(digests: str) -> str:
    return f"""echo '[{{"Id": "sha256:3", "RepoDigests": [{digests}]}}]'"""


ABSENT = "echo 'Error: No such image: base:1' >&2; exit 1"


def test_a_registry_is_asked_first(tmp_path: Path) -> None:
    assert engine(tmp_path, f"echo {ONE}", inspected(f'"base@{TWO}"')).digest("base:1") == ONE


def test_without_the_registry_what_was_pulled_counts(tmp_path: Path) -> None:
    local = inspected(f'"other@{ONE}", "reg.lab:5000/base@{TWO}"')

    assert engine(tmp_path, "exit 1", local).digest("reg.lab:5000/base:1") == TWO


def test_an_image_that_is_only_here_has_none(tmp_path: Path) -> None:
    assert engine(tmp_path, "exit 1", inspected("")).digest("base:1") is None


def test_an_image_that_is_nowhere_is_an_error_with_the_engines_words(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"pulling base:1 failed(.|\n)*manifest unknown"):
        engine(tmp_path, "exit 1", ABSENT, "echo 'manifest unknown' >&2; exit 1").digest("base:1")
