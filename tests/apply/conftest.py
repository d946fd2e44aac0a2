"""Parts of the tests of `apply/`."""

from pathlib import Path

import pytest

from tests.apply.tinywheels import wheel


@pytest.fixture
def index(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that uv finds packages in; what uv knows of Python is shared, which saves half of the time."""
    folder = tmp_path / "wheels"
    wheel(folder, "pyarrow", "1.0", "numpy")
    wheel(folder, "datafusion", "1.0", "pyarrow>=1")
    for name in ("avro", "fastavro", "numpy", "clickhouse-driver"):
        wheel(folder, name, "1.0")
    wheel(folder, "clickhouse-connect", "1.0", "numpy", "torch")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "uv"))
    return folder
