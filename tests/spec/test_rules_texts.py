"""Rules of every text: nothing left to fill in, one line where one line is meant, real names on a cluster."""

import pytest

from spec import rules_texts as rules
from spec.load import parse
from spec.rules import Rule
from tests.spec.stacks import CLUSTER, LOCAL, Case, place, problems, said_by

UNFILLED = {
    f"the placeholder {wrong}": Case(
        rules.nothing_is_left_unfilled,
        LOCAL + f"hub: {{title: '{wrong}'}}\n",
        LOCAL + f"hub: {{title: '{right}'}}\n",
        (3, 14),
        "still has the placeholder",
        "the value meant",
    )
    for wrong, right in (
        ("CHANGEME", "CHANGE ME"),
        ("a CHANGE_ME", "a change_me"),
        ("<your name>", "< your name >"),
        ("TO" + "DO: a name", "TO" + "DOS"),
    )
}
LINES = {
    "a line break": Case(
        rules.texts_are_one_line,
        LOCAL + 'hub: {title: "a\\nb"}\n',
        LOCAL + 'hub: {title: "a b"}\n',
        (3, 14),
        "the text holds a line break",
        "a b",
    ),
    "a line break at the end of what a pattern allows": Case(
        rules.texts_are_one_line,
        LOCAL + 'name: "lab\\n"\n',
        LOCAL + 'name: "lab"\n',
        (3, 7),
        "the text holds a line break",
        "lab",
    ),
    "a control character": Case(
        rules.texts_are_one_line,
        LOCAL + 'hub: {title: "a\\x7fb"}\n',
        LOCAL + 'hub: {title: "a\\x20b"}\n',
        (3, 14),
        "the text holds a control character",
        "a b",
    ),
    "a line break in a list": Case(
        rules.texts_are_one_line,
        LOCAL + 'auth: {allowed_users: [ada, "bob\\n"]}\n',
        LOCAL + 'auth: {allowed_users: [ada, "bob"]}\n',
        (3, 29),
        "the text holds a line break",
        "bob",
    ),
    "a line break in a key": Case(
        rules.texts_are_one_line,
        LOCAL + 'profiles: {"base\\n": {display_name: B, packages: []}}\n',
        LOCAL + 'profiles: {"base2": {display_name: B, packages: []}}\n',
        (3, 12),
        "the key holds a line break",
        "a key of one line",
    ),
}
CASES = UNFILLED | LINES
WARNED: dict[str, tuple[Rule, str]] = {
    host: (rules.example_hosts_are_replaced, f"version: 1\nhub: {{host: {host}}}\ntarget: {{kind: kubernetes}}\n")
    for host in ("example.com", "hub.example.org", "hub.example.net")
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(("rule", "text"), WARNED.values(), ids=WARNED.keys())
def test_a_name_for_examples_is_warned_of_on_a_cluster_only(rule: Rule, text: str) -> None:
    warnings = parse(text, "stack.yaml")[1]

    assert [place(one) for one in warnings] == [(2, 13)]
    assert "is a name for examples" in warnings[0].message
    assert warnings == said_by(rule, text)
    assert parse(text.replace("kubernetes", "local"), "stack.yaml")[1] == []


@pytest.mark.parametrize("host", ["myexample.com", "example.computer", "example.internal", "hub.example-org.net"])
def test_a_name_near_one_for_examples_is_fine(host: str) -> None:
    assert parse(CLUSTER.replace("hub.lab.internal", host), "stack.yaml")[1] == []


FREE = {
    "a description": 'profiles: {base: {description: "a\\nb"}}\n',
    "a variable": 'notebook: {environment: {A: "a\\nb"}}\n',
    "an annotation": 'ingress: {annotations: {"a\\nb": "a\\nb"}}\n',
    "a build argument": 'images: {build_args: {A: "a\\nb"}}\n',
    "the chart's values": 'chart_values: {"a\\nb": ["a\\nb"]}\n',
    "a pod": 'profiles: {base: {pod: {"a\\nb": "a\\nb"}}}\n',
}


@pytest.mark.parametrize("text", FREE.values(), ids=FREE.keys())
def test_texts_of_several_lines_are_fine_where_they_are_meant(text: str) -> None:
    assert problems(CLUSTER + text) == []


def test_a_placeholder_deep_in_a_list_is_found() -> None:
    found = problems(CLUSTER + "chart_values: {a: [{b: [CHANGEME]}]}\n")

    assert [(one.path, place(one)) for one in found] == [("chart_values.a[0].b[0]", (4, 25))]
