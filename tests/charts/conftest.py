"""The Helm of this machine, for charts that are rendered and not installed."""

import pytest

from apply.helm import Helm
from spec.errors import ToolMissing


@pytest.fixture(scope="session")
def helm() -> str:
    """The Helm of HELM or PATH."""
    found = Helm(None)
    try:
        assert found.version
    except ToolMissing as error:
        pytest.skip(error.message)
    return found.program
