"""Images with real faults are proven in a real engine: each fails what it must, and nothing else."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from apply import imageproof
from apply.engine import Engine
from apply.imageproof import ABSENT, FAILED, NAMES, OK, Check
from spec.errors import StackError
from tests.images import faultyimages
from tests.images.naming import untag
from tests.spec.stacks import LOCAL

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parent.parent.parent
Prove = Callable[[str], dict[str, Check]]


@pytest.fixture(scope="module")
def engine() -> Engine:
    try:
        engine = Engine("docker")
        assert engine.image(faultyimages.BASE), f"there is no image {faultyimages.BASE} (BUUNSTACK_TEST_NOTEBOOK)"
    except (StackError, AssertionError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return engine


@pytest.fixture
def built(engine: Engine) -> Iterator[Callable[[str], str]]:
    """Builds an image, removes it at the end; the layers stay in the builder's cache."""
    tags = []

    def make(name: str) -> str:
        tags.append(faultyimages.build(name))
        return tags[-1]

    yield make
    for tag in tags:
        untag(tag)


@pytest.fixture
def prove(engine: Engine, built: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prove:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def proof(name: str) -> dict[str, Check]:
        image = built(name)
        found = imageproof.prove(engine, image, [faultyimages.SECRET.encode()], print, base=faultyimages.BASE)
        assert faultyimages.containers(os.getpid()) == set()
        assert [check.name for check in found] == list(NAMES)
        facts = engine.image(image)
        assert facts
        assert imageproof.proven(facts.id) == all(check.state != FAILED for check in found)
        return {check.name: check for check in found}

    return proof


def failed(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.state == FAILED}


def test_an_image_with_a_server_for_assistants_that_asks_for_the_token_is_proven(prove: Prove) -> None:
    checks = prove("mcp")

    assert failed(checks) == set()
    assert checks["mcp"].state == OK
    assert "2.2.4" in checks["mcp"].words


def test_one_that_lets_anybody_run_code_is_not(prove: Prove) -> None:
    checks = prove("old-mcp")

    assert failed(checks) == {"mcp"}
    assert "without a token: anybody who reaches the server could run code" in checks["mcp"].words


def test_an_image_of_root_is_not_and_its_other_checks_are_made(prove: Prove) -> None:
    checks = prove("root")

    assert failed(checks) == {"user", "processes"}
    assert "jupyter-server" in checks["processes"].words or "python" in checks["processes"].words


def test_all_faults_of_an_image_are_told_at_once(prove: Prove) -> None:
    checks = prove("broken")

    assert failed(checks) == {"start", "kernel", "spark", "layers"}
    assert "the extension cannot be loaded" in checks["start"].words
    assert "ended by itself with 3" in checks["start"].words
    assert "says that it has spark" in checks["spark"].words
    assert "logins in /opt/.netrc" in checks["layers"].words
    assert "a secret of the build in the image's configuration" in checks["layers"].words
    assert faultyimages.SECRET not in repr(checks)


def test_a_server_that_answers_everybody_is_not_proven_nor_one_without_a_kernel(prove: Prove) -> None:
    checks = prove("open")

    assert failed(checks) == {"start", "kernel"}
    assert "answers 200 without a token" in checks["start"].words


def test_an_image_that_the_hub_cannot_start_is_not_proven(prove: Prove) -> None:
    checks = prove("without-hub")

    assert failed(checks) == {"start"}
    assert "jupyterhub-singleuser is not there" in checks["start"].words


def test_somebody_elses_image_is_proven_with_absent_parts_and_has_a_bill_of_materials(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = tmp_path / "stack.yaml"
    file.write_text(LOCAL)

    imageproof.test(str(file), faultyimages.BASE, str(tmp_path / "one"), True)
    (listed,) = json.loads(capsys.readouterr().out)
    imageproof._write_bill(engine, faultyimages.BASE, faultyimages.BASE, tmp_path / "two")

    states = {check["name"]: check["state"] for check in listed["checks"]}
    assert {name for name, state in states.items() if state == ABSENT} == {"buunstack", "spark", "clickhouse", "mcp"}
    (bill,), (again,) = (list((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert bill.read_bytes() == again.read_bytes()
    assert bill.name.endswith(".cdx.json")
    text = bill.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert {"pkg:pypi/jupyterhub@", "pkg:deb/debian/libc6@"} <= _beginnings(text)


def _beginnings(text: str) -> set[str]:
    return {component["purl"].partition("@")[0] + "@" for component in json.loads(text)["components"]}


def test_a_proof_that_is_interrupted_leaves_no_container(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(LOCAL)
    code = f"from apply.imageproof import test; test({str(file)!r}, {faultyimages.BASE!r}, '', False)"
    proof = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not faultyimages.containers(proof.pid):
        assert time.monotonic() < end
        time.sleep(0.1)

    os.killpg(proof.pid, signal.SIGINT)
    proof.communicate(timeout=60)

    assert proof.returncode != 0
    assert faultyimages.containers(proof.pid) == set()
