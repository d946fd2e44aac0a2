"""One stack, one command at a time, on a real cluster; a killed holder does not lock anybody out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apply.kube import Kube
from apply.lease import held

ROOT = Path(__file__).parent.parent.parent
_HOLDER = """
import sys, time
from apply.kube import Kube
from apply.kubeconfig import access
from apply.lease import held
with held(Kube(access(None)), sys.argv[1], "stack", "install", print):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(kube: Kube, namespace: str):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", _HOLDER, namespace]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_lock_is_gone_afterwards(kube: Kube, namespace: str) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/stack"
    with held(kube, namespace, "stack", "install", print):
        assert kube.get(path) is not None

    assert kube.get(path) is None


def test_a_second_command_waits_and_says_for_whom_and_takes_over_from_a_killed_one(
    kube: Kube, namespace: str, holder: "subprocess.Popen[str]"
) -> None:
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        holder.kill()  # once it is known that we wait
        holder.wait()

    with held(kube, namespace, "stack", "plan", tell):
        assert f" {holder.pid} " in told[0]
        assert "install by" in told[0]
