"""What somebody changed by hand on one machine is told: files, parts, policies; what nobody touched is not."""

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from apply.localvault import signed_in
from apply.state import StateDirectory
from spec.load import load
from tests.e2e.stack import InstalledStack, eventually


@pytest.fixture
def own(tmp_path: Path) -> Iterator[InstalledStack]:
    stack = InstalledStack(tmp_path, name="drifting")
    stack.install()
    yield stack
    stack.remove()


def drifts(stack: InstalledStack, *words: str, code: int = 0) -> list[tuple[str, str, str]]:
    found = json.loads(stack.inv("drift", "--json", *words, code=code).stdout)
    assert found["notes"] == []
    assert all(one["who"] for one in found["drifts"])
    return sorted((one["object"], one["then"], one["now"]) for one in found["drifts"])


def test_files_parts_and_policies_that_differ_are_told_and_nothing_else(own: InstalledStack) -> None:
    assert own.inv("drift", "--check").stdout == "nothing differs from what was installed\n"
    page = own.state / "site" / "hub" / "config.py"
    page.write_text(page.read_text() + "# mine\n")
    (own.state / "conf" / "mine.json").write_text("{}")
    (own.state / "notebook" / "buunstack" / "store.py").unlink()
    stack, state = load(own.spec), StateDirectory(own.state)
    name = next(iter(json.loads((own.state / "conf" / "vault.json").read_text())["policies"]))
    with signed_in(stack, state) as vault:
        vault.write(f"sys/policies/acl/{name}", {"policy": 'path "secret/*" {\n  capabilities = ["read"]\n}\n'})

    found = drifts(own, "--check", code=3)

    assert [one for one in found if one[0].startswith("file ")] == [
        ("file conf/mine.json", "nothing", "there"),
        ("file notebook/buunstack/store.py", "as install wrote it", "nothing"),
        ("file site/hub/config.py", "as install wrote it", "changed"),
    ]
    (policy,) = [one for one in found if not one[0].startswith("file ")]
    assert policy[0] == f"vault policy {name}"
    assert 'path "secret/*"' in policy[2]


def test_a_part_that_runs_with_other_arguments_is_told(own: InstalledStack) -> None:
    table = own.state / "conf" / "parts.json"
    content = json.loads(table.read_text())
    (part,) = [one for one in content["parts"] if one["name"] == "hub"]
    part["command"].append("--debug")
    table.write_text(json.dumps(content, indent=2) + "\n")

    found = drifts(own)

    assert [one[0] for one in found] == ["file conf/parts.json", "part hub"]
    assert (found[1][1].endswith("--debug"), found[1][2].endswith("--debug")) == (True, False)


def test_a_part_that_is_gone_is_told(own: InstalledStack) -> None:
    supervisor = psutil.Process(own.supervisor())
    supervisor.suspend()
    try:
        psutil.Process(own.pid("proxy")).kill()
        eventually(lambda: drifts(own) == [("part proxy", "runs", "does not run")], "the part is missed")
    finally:
        supervisor.resume()
