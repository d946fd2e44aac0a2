"""The text for a merge request: twenty edits of a stack file, each with the reviewed text of what it means."""

import copy
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from apply import review as command
from apply.imagedigests import write_pushed
from render.review import Review, as_json, as_junit, in_markdown, review
from spec.errors import PlanNotEmpty, SpecError, StackError
from spec.load import parse
from spec.model import Stack
from spec.pushed import Declared, Pushed

GOLDEN = Path(__file__).parent / "golden" / "review"
BASE: dict[str, Any] = {
    "version": 1,
    "name": "lab",
    "target": {"kind": "kubernetes", "namespace": "lab"},
    "chart": {"version": "4.2.0"},
    "hub": {"host": "hub.lab.internal"},
    "auth": {
        "kind": "keycloak",
        "admin_groups": ["admins"],
        "allowed_groups": ["science", "teaching"],
        "keycloak": {"url": "https://sso.lab.internal", "realm": "lab", "client_secret": "env:OIDC_SECRET"},
    },
    "profiles": {
        "minimal": {"enabled": True, "default": True},
        "datascience": {"enabled": True, "memory": {"limit": "8G"}, "groups": ["science", "teaching"]},
        "pytorch": {"enabled": True, "groups": ["science"]},
        "buun-stack": {"enabled": True, "groups": ["teaching", "science"]},
    },
    "vault": {"address": "https://vault.lab.internal"},
    "storage": {"kind": "dynamic", "class_name": "fast", "shared": {"course": {"groups": ["teaching"]}}},
    "egress": {"postgres": {}},
    "images": {"packages": ["polars"], "registry": "registry.lab.internal", "tag": "2026-10"},
    "culling": {"idle_timeout": "2h"},
}
EDITS: dict[str, dict[str, Any]] = {
    "a-profile-goes": {"profiles.pytorch": {"enabled": False}},
    "a-profile-comes": {"profiles.tensorflow": {"enabled": True, "groups": ["teaching"]}},
    "a-group-loses-a-profile": {"profiles.datascience.groups": ["science"]},
    "a-profile-is-for-everybody": {"profiles.pytorch.groups": []},
    "less-memory": {"profiles.datascience.memory.limit": "4G"},
    "another-image": {"profiles.minimal.image": "quay.io/jupyter/minimal-notebook:2026-11-02"},
    "a-pushed-image-grows": {},
    "another-tag-of-built-images": {"images.tag": "2026-11"},
    "another-default": {"profiles.minimal.default": False, "profiles.datascience.default": True},
    "an-administrator-comes": {"auth.admin_groups": ["admins", "teachers"]},
    "a-group-may-not-sign-in": {"auth.allowed_groups": ["science"]},
    "everybody-may-sign-in": {"auth.allow_all": True, "auth.allowed_groups": []},
    "shorter-lives": {"culling.idle_timeout": "30m", "vault.user_token.max_ttl": "8h"},
    "longer-sessions": {"auth.keycloak.session_max": "14d"},
    "new-ways-out": {"egress.lake": {"host": "10.1.0.0/16", "ports": [9000]}},
    "a-way-out-goes": {"egress": {}},
    "other-homes": {"storage.class_name": "slow"},
    "a-shared-folder-goes": {"storage.shared": {}},
    "bigger-images": {"images.packages": ["polars", "torch-geometric"], "images.groups": {"nlp": False}},
    "no-secrets": {"vault": {"enabled": False}},
    "assistants-and-a-chart": {"mcp": {"enabled": True}, "chart.version": "4.4.0"},
    "another-name-and-what-nobody-notices": {"name": "lab2", "notebook.environment": {"TZ": "Europe/Zurich | *now*"}},
}
BUILT = "registry.lab.internal/datastack-notebook"
SMALL, BIG = (Pushed(f"sha256:{sign * 64}", sign, size) for sign, size in (("a", 981_200_000), ("b", 1_314_000_000)))
PUSHES: dict[str, dict[str, Pushed]] = {
    "a-pushed-image-grows": {f"{BUILT}:2026-10": BIG},
    "another-tag-of-built-images": {f"{BUILT}:2026-10": SMALL, f"{BUILT}:2026-11": BIG},
}
"""What else was pushed with an edit."""


def edited(edit: dict[str, Any]) -> str:
    """The base with values at these places."""
    content = copy.deepcopy(BASE)
    for path, value in edit.items():
        *folders, last = path.split(".")
        at = content
        for name in folders:
            at = at.setdefault(name, {})
        at[last] = value
    return yaml.safe_dump(content, sort_keys=False)


def stack_of(edit: dict[str, Any]) -> Stack:
    return parse(edited(edit), "stack.yaml")[0]


def reviewed(name: str) -> Review:
    before = {f"{BUILT}:2026-10": SMALL}
    return review(Declared(stack_of({}), before), Declared(stack_of(EDITS[name]), PUSHES.get(name, before)))


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_has_its_reviewed_text(name: str) -> None:
    made, file = in_markdown(reviewed(name), "lab"), GOLDEN / f"{name}.md"
    if os.environ.get("BUUNSTACK_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(made)

    assert made == file.read_text()


def test_no_text_is_left_of_an_edit_that_is_gone() -> None:
    assert {file.stem for file in GOLDEN.glob("*.md")} == EDITS.keys()


def test_what_somebody_loses_is_a_failure_for_a_ci() -> None:
    root = ElementTree.fromstring(as_junit(reviewed("a-group-loses-a-profile"), "lab"))
    (case,) = root.iter("testcase")

    assert (root.get("tests"), root.get("failures")) == ("1", "1")
    assert case.get("name") == "group teaching: profile datascience is gone"
    assert not list(ElementTree.fromstring(as_junit(reviewed("a-profile-comes"), "lab")).iter("failure"))


def test_a_pushed_image_that_grows_is_in_every_form_with_its_size() -> None:
    found = reviewed("a-pushed-image-grows")
    (image,) = as_json(found, "lab")["images"]
    (case,) = ElementTree.fromstring(as_junit(found, "lab")).iter("testcase")

    assert (image["before"]["bytes"], image["after"]["bytes"]) == (981_200_000, 1_314_000_000)
    assert image["profiles"] == ("buun-stack",)
    assert "981 MB -> 1.31 GB; each node pulls up to 1.31 GB again" in str(case.get("name"))
    assert not list(case)


def test_the_same_change_of_two_keys_is_told_once_and_nothing_twice() -> None:
    found = as_json(reviewed("shorter-lives"), "lab")

    assert [effect["keys"] for effect in found["effects"]] == [("culling.idle_timeout",), ("vault.user_token.max_ttl",)]
    assert found["others"] == []
    assert [effect["weight"] for effect in found["effects"]] == ["breaks", "notice"]


def test_a_change_of_nothing_and_a_new_stack_are_called_so() -> None:
    base = Declared(stack_of({}), {})

    assert in_markdown(review(base, base), "lab") == "**Stack lab: nothing changes.**\n"
    assert in_markdown(review(None, base), "lab").startswith("**Stack lab is new.**")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Its first commit has no stack, the second the base; the file that lies there is an edit."""
    folder = tmp_path / "with space"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=nothing")
    git(folder, "tag", "empty")
    (folder / "stack.yaml").write_text(edited({}))
    git(folder, "add", "stack.yaml")
    git(folder, "commit", "--quiet", "--message=base")
    (folder / "stack.yaml").write_text(edited(EDITS["less-memory"]))
    return folder


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True)


def test_two_states_of_git_and_the_file_that_lies_there_are_compared(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = str(repository / "stack.yaml")

    with pytest.raises(PlanNotEmpty, match="loses something"):
        command.show(spec, "main", ".", "markdown", True)
    command.show(spec, "empty", "main", "json", True)

    markdown, _, new = capsys.readouterr().out.partition("{")
    assert markdown.strip() == (GOLDEN / "less-memory.md").read_text().strip()
    assert json.loads("{" + new)["new"] is True


def test_sizes_come_from_the_states_too(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / "stack.yaml"
    address = f"{BUILT}:2026-10"
    file.write_text(edited({}))
    write_pushed(file, {address: SMALL})
    git(repository, "add", "stack.images")
    git(repository, "commit", "--quiet", "--message=pushed")
    write_pushed(file, {address: BIG})

    command.show(str(file), "main~1", "main", "markdown", False)
    first = capsys.readouterr().out
    command.show(str(file), "main", ".", "markdown", False)

    assert f"buun-stack: {address} as it was pushed last" in first
    assert "size unknown -> 981 MB" in first
    assert capsys.readouterr().out.strip() == (GOLDEN / "a-pushed-image-grows.md").read_text().strip()


def test_notes_of_pushed_images_that_are_damaged_are_named_with_their_state(repository: Path) -> None:
    (repository / "stack.images").mkdir()
    (repository / "stack.images" / "pushed.yaml").write_text("r/a:1: {digest: a}\n")
    git(repository, "add", "stack.images")
    git(repository, "commit", "--quiet", "--message=broken")

    with pytest.raises(StackError, match=r"^main:stack\.images/pushed\.yaml cannot be read"):
        command.show(str(repository / "stack.yaml"), "main~1", "main", "markdown", False)


def test_a_state_that_git_does_not_know_and_one_without_the_file_are_named(repository: Path) -> None:
    spec = str(repository / "stack.yaml")

    with pytest.raises(StackError, match="git does not know nowhere"):
        command.show(spec, "nowhere", ".", "json", False)
    with pytest.raises(StackError, match=r"git does not know --upload-pack=x"):
        command.show(spec, "--upload-pack=x", ".", "json", False)
    with pytest.raises(StackError, match="is not in empty"):
        command.show(spec, "main", "empty", "json", False)


def test_a_state_with_problems_is_refused_with_its_lines(repository: Path) -> None:
    (repository / "stack.yaml").write_text("version: 1\ntarget: {kind: locl}\n")
    git(repository, "commit", "--quiet", "--all", "--message=broken")

    with pytest.raises(SpecError, match=r"main:stack\.yaml:2:16"):
        command.show(str(repository / "stack.yaml"), "main~1", "main", "markdown", False)


@pytest.mark.parametrize("service", ["forgejo", "github", "gitlab"])
def test_the_ready_files_are_yaml_and_call_commands_that_there_are(service: str) -> None:
    root = Path(__file__).parent.parent.parent
    text = (root / "docs" / "ci" / f"{service}.yml").read_text()
    tasks = set(re.findall(r"`inv ([a-z.-]+)", (root / "README.md").read_text()))

    assert isinstance(yaml.safe_load(text), dict)
    called = set(re.findall(r"inv ([a-z.-]+)", text))
    assert {"validate", "review", "install"} <= called <= tasks


def test_a_change_inside_a_list_of_sections_is_shown_as_it_is() -> None:
    edit = {"profiles.pytorch.tolerations": [{"key": "gpu", "operator": "Exists"}]}
    found = review(Declared(stack_of({}), {}), Declared(stack_of(edit), {}))

    (row,) = found.others
    assert row[0] == "profiles.pytorch.tolerations"
    assert '"key": "gpu"' in row[2]
