"""The chart's own configuration with the stack's, and a real cluster for what talks to one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.local.start import GRAMMAR
from tests.hub.cluster.chart import UPSTREAMS_SNIPPET, HubFolder
from tests.hub.cluster.kubeconfig import of_nowhere
from tests.hub.cluster.stacks import make_stack, values

_PROBE = Path(__file__).with_name("probe.py")
_PROGRAM = f"import runpy, sys; sys.modules[{GRAMMAR!r}] = None; runpy.run_path(sys.argv[2])"
"""Without what a local hub's start leaves out: this is most of a probe's time."""


def probed(folder: HubFolder, requests: list[dict[str, Any]]) -> dict[str, Any]:
    """What the folder's configuration comes to; `pods` in the order of the requests."""
    environment = {**folder.environment, "KUBECONFIG": str(of_nowhere(folder.path / "kubeconfig"))}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(requests), str(_PROBE)],
        cwd=folder.path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout.rpartition("REPORT ")[2])
    return report


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> HubFolder:
    """The hub's folder of the stack of these tests."""
    stack = make_stack()
    return HubFolder(tmp_path_factory.mktemp("etc"), stack, values(stack))


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> HubFolder:
    """The same with upstream's code in hub.extraConfig."""
    stack = make_stack()
    given = values(stack)
    given["hub"]["extraConfig"] = {"admin-service": UPSTREAMS_SNIPPET}
    return HubFolder(tmp_path_factory.mktemp("broken"), stack, given)
