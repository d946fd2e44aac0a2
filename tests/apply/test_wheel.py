"""The notebook wheel as images get it: from the cache, the same bytes, nothing of the caller's environment."""

from pathlib import Path

import pytest

from apply import wheel
from spec.errors import StackError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_two_builds_are_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    first, second = wheel.build(tmp_path / "a"), wheel.build(tmp_path / "b")

    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() == wheel.wheel().read_bytes()


def test_it_is_built_once_while_its_sources_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    first = wheel.wheel()
    monkeypatch.setattr(wheel, "build", lambda _: pytest.fail("built again"))

    assert wheel.wheel() == first


def test_a_changed_source_is_another_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = wheel.wheel()
    root = Path(wheel.__file__).parent.parent
    for name in ("pyproject.toml", "LICENSE"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    (tmp_path / "buunstack").mkdir()
    for file in (root / "buunstack").glob("*.*"):
        (tmp_path / "buunstack" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "buunstack" / "errors.py").write_text("# changed\n")
    monkeypatch.setattr(wheel, "_ROOT", tmp_path)

    assert wheel.wheel().parent != first.parent


def test_a_build_that_fails_leaves_nothing_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wheel, "_BUILD", "raise SystemExit('no disk')")

    with pytest.raises(StackError, match=r"building the wheel failed.*\n.*no disk"):
        wheel.wheel()
    assert not list((tmp_path / "cache").rglob("*.whl"))
