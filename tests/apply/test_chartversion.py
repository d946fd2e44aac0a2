"""The version of the chart changes in a stack file, and nothing else of it does."""

import pytest

from apply.chartversion import with_version
from spec.load import parse

START = "version: 1\nname: lab\ntarget: {kind: kubernetes, namespace: lab}\nhub: {host: hub.example.org}\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("chart:\n  version: 4.2.0  # tried in May\n", "chart:\n  version: 4.4.0  # tried in May\n"),
        ('chart: {version: "4.2.0"}\n', "chart: {version: 4.4.0}\n"),
        (
            "chart:\n  # ours\n  repository: https://charts.example.org\n",
            "chart:\n  # ours\n  version: 4.4.0\n  repository: https://charts.example.org\n",
        ),
        (
            "chart: {repository: https://charts.example.org}\n",
            "chart: {version: 4.4.0, repository: https://charts.example.org}\n",
        ),
        ("# the end\n", "# the end\n\nchart:\n  version: 4.4.0\n"),
    ],
)
def test_everything_else_stays_as_it_was_written(written: str, expected: str) -> None:
    changed = with_version(START + written, "4.4.0")

    assert changed == START + expected
    assert parse(changed, "stack.yaml")[0].chart.version == "4.4.0"
