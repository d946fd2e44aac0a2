"""YAML as it is written, and as it goes wrong."""

import pytest

from spec.document import MOST_NODES, Document, path_text
from tests.spec.stacks import LOCAL, place, problem, problems

BROKEN = {
    "a tab": ("version: 1\ntarget:\n\tkind: local\n", (3, 1), "tab", "blanks"),
    "a tab after blanks": ("version: 1\ntarget:\n  \tkind: local\n", (3, 3), "tab", "blanks"),
    "two colons": ("version: 1\nname: a: b\n", (2, 8), "second `: `", "quotes"),
    "an open bracket": ("version: 1\ntarget: {kind: local\nname: x\n", (3, 5), "bracket", "key: value"),
    "an open quote": ('version: 1\nname: "x\n', (3, 1), "quote is not closed", "quote"),
    "indentation": ("version: 1\ntarget:\n  kind: local\n name: x\n", (4, 2), "indentation", "same column"),
    "no colon": ("version: 1\nname\ntarget: {kind: local}\n", (3, 1), "without a colon", "colon"),
    "an at sign": ("version: 1\nname: @x\n", (2, 7), "cannot begin with @", "quotes"),
    "an unknown alias": ("version: 1\ntarget: *where\n", (2, 9), "no anchor for the alias *where", "&where"),
    "two documents": (LOCAL + "---\nversion: 1\n", (3, 1), "second document", "remove"),
    "a NUL byte": ("version: 1\nname: a\x00b\n", (2, 8), "U+0000", "remove"),
    "an escape": ("version: 1\nname: \x1b[2Jx\n", (2, 7), "U+001B", "remove"),
    "a lone surrogate": ("version: 1\nname: \ud800\n", (2, 7), "U+D800", "remove"),
}


@pytest.mark.parametrize(("text", "where", "message", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_yaml_is_said_at_its_place(text: str, where: tuple[int, int], message: str, hint: str) -> None:
    found = problem(text)

    assert place(found) == where
    assert message in found.message
    assert hint in found.hint


def test_a_problem_shows_the_line_and_a_caret_below_the_place() -> None:
    lines = str(problem("version: 1\nname: a: b\n")).splitlines()

    assert lines[0].startswith("stack.yaml:2:8: ")
    assert lines[1] == "     2 | name: a: b"
    assert lines[2] == "       |        ^"
    assert lines[3].startswith("  hint: ")


def test_every_duplicate_key_is_named_with_its_first_line() -> None:
    found = problems(LOCAL + "name: a\nname: b\nhub:\n  port: 1\n  port: 2\n  port: 3\n")

    assert [place(one) for one in found] == [(4, 1), (7, 3), (8, 3)]
    assert "already on line 3" in found[0].message
    assert [one.path for one in found] == ["name", "hub.port", "hub.port"]


@pytest.mark.parametrize("name", ["!!python/object/apply:os.system", "!secret", "!!int", "!!set"])
def test_a_tag_is_refused_by_name(name: str) -> None:
    found = problem(LOCAL + f"name: {name} x\n")

    assert place(found)[0] == 3
    assert "tag" in found.message


@pytest.mark.parametrize("key", ["? [a, b]\n: 1", "? {a: b}\n: 1"])
def test_a_key_is_a_text(key: str) -> None:
    assert "a key must be a text" in problem(LOCAL + key + "\n").message


def test_explicit_keys_win_over_merged_ones_and_earlier_mappings_over_later_ones() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  y: 3\nd: {y: 4, <<: *a}\n"

    data = Document(text, "f").data

    assert data["c"] == {"x": 1, "y": 3, "z": 2}
    assert data["d"] == {"x": 1, "y": 4}


def test_a_merge_key_takes_a_mapping_only() -> None:
    assert "`<<` takes a mapping" in problem(LOCAL + "hub: {<<: 3}\n").message


def test_a_problem_inside_an_alias_points_at_the_anchors_line() -> None:
    text = LOCAL + "profiles:\n  a: &same\n    display_name: A\n    image: r/a:1\n    cpuu: 2\n  b: *same\n"

    assert [(place(one), one.path) for one in problems(text)] == [
        ((7, 5), "profiles.a.cpuu"),
        ((7, 5), "profiles.b.cpuu"),
    ]


def test_a_problem_in_a_merged_key_points_at_the_anchors_line() -> None:
    text = LOCAL + "profiles:\n  minimal: &m {cpu: {limit: nope}}\n  base:\n    <<: *m\n    enabled: true\n"

    assert [place(one) for one in problems(text)] == [(4, 29), (4, 29)]


def bomb(kind: str) -> str:
    start = {"list": "a0: &a0 [x]\n", "map": "a0: &a0 {k: x}\n", "merge": "a0: &a0 {k: x}\n"}[kind]
    lines = {
        "list": "a{0}: &a{0} [{1}]\n",
        "map": "a{0}: &a{0} {{p: {2}, q: {2}, r: {2}, s: {2}, t: {2}, u: {2}}}\n",
        "merge": "a{0}: &a{0} {{<<: [{1}]}}\n",
    }[kind]
    return start + "".join(lines.format(n, ", ".join([f"*a{n - 1}"] * 9), f"*a{n - 1}") for n in range(1, 25))


@pytest.mark.timeout(5)
@pytest.mark.parametrize("kind", ["list", "map", "merge"])
def test_an_anchor_bomb_is_refused_at_once(kind: str) -> None:
    found = problems(LOCAL + bomb(kind))

    assert len(found) == 1
    assert f"{MOST_NODES} values" in found[0].message


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "a: &a\n  <<: *a\n", "&a [*a]\n"])
def test_an_alias_inside_its_own_anchor_is_refused(text: str) -> None:
    assert "inside its own anchor" in problem(text).message


DEEP = {
    "brackets": "[" * 100_000,
    "closed brackets": "[" * 100_000 + "]" * 100_000,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000 + "a\n",
    "question marks": "? " * 100_000 + "a\n",
    "dashes with tabs": "-\t" * 100_000 + "a\n",
    "keys": "".join(" " * n + "a:\n" for n in range(1_300)),
    "lists": "".join(" " * n + "-\n" for n in range(1_300)),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_an_error_and_no_crash(text: str) -> None:
    found = problem(text)

    assert "deep" in found.message or "YAML" in found.message


def test_a_place_in_the_text_is_found_by_its_path() -> None:
    document = Document("a:\n  - b: 4.10\n", "f")

    assert document.text_at(("a", 0, "b")) == "4.10"
    assert document.has(("a", 0, "b"))
    assert not document.has(("a", 1))
    assert place(document.problem(("a", 0, "b"), "m")) == (2, 8)
    assert place(document.problem(("a", 0, "b"), "m", at_key=True)) == (2, 5)
    assert place(document.problem(("a", 0, "missing"), "m")) == (2, 5)


def test_a_path_reads_as_users_write_it() -> None:
    assert path_text(("auth", "admin_users", 0)) == "auth.admin_users[0]"
    assert len(path_text(("k" * 10_000,))) < 100
