"""The Helm of this machine, for charts that are rendered and not installed."""

from typing import Any

import pytest
import yaml

from apply.helm import Helm
from spec.errors import ToolMissing
from tests.charts.rendering import CHART, Rendered, run


@pytest.fixture(scope="session")
def helm() -> str:
    """The Helm of HELM or PATH."""
    found = Helm(None)
    try:
        assert found.version
    except ToolMissing as error:
        pytest.skip(error.message)
    return found.program


@pytest.fixture
def rendered(helm: str) -> Rendered:
    """Values -> `Kind name` -> object."""

    def render(*, namespace: str = "ns", **values: Any) -> dict[str, Any]:
        done = run(helm, "template", "lab-extras", str(CHART), f"--namespace={namespace}", values=values)
        assert done.returncode == 0, done.stderr
        found = [item for item in yaml.safe_load_all(done.stdout) if item]
        return {f"{item['kind']} {item['metadata']['name']}": item for item in found}

    return lambda **values: render(**{"stack": "lab", **values})
