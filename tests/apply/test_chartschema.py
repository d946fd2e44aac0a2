"""The charts take what is rendered for every example; what they do not take is said at its line."""

import json
from pathlib import Path

import pytest

from apply.charts import Chart, cache
from apply.chartschema import schema_problems
from render.artifacts import render
from render.cluster import JUPYTERHUB
from render.found import Found
from render.origin import origin
from spec.document import Document
from spec.load import document_of, load, parse
from tests.spec.stacks import CLUSTER, EXAMPLES

FOUND = Found(gpu=True, monitoring=True)
ON_CLUSTERS = ("kubernetes", "department", "buun-stack")


def chart(version: str) -> Chart:
    path = cache() / f"jupyterhub-{version}.tgz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in the chart cache: its schema is not asked")
    return Chart(path)


@pytest.mark.parametrize("version", ["4.2.0", "4.4.0"])
@pytest.mark.parametrize("example", ON_CLUSTERS)
def test_the_oldest_and_the_newest_chart_take_every_example(example: str, version: str) -> None:
    file = EXAMPLES / f"{example}.yaml"
    stack = load(file)

    assert schema_problems(chart(version), values(stack), stack, document_of(file)) == []


def test_a_wrong_value_is_said_at_the_line_it_comes_from_and_is_not_shown() -> None:
    text = CLUSTER + "chart_values:\n  hub:\n    extraEnv: 7\n  singleuser: {image: {tag: [s3cret]}}\n  cul: {}\n"
    stack = parse(text, "f")[0]

    found = schema_problems(chart("4.4.0"), values(stack), stack, Document(text, "f"))

    assert [(one.line, one.path) for one in found] == [
        (6, "chart_values.hub.extraEnv"),
        (7, "chart_values.singleuser.image.tag"),
        (8, "chart_values.cul"),
    ]
    assert not any("s3cret" in str(one).splitlines()[0] for one in found)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("singleuser", "profileList", 0, "kubespawner_override"), ("profiles", "minimal")),
        (("singleuser", "storage", "capacity"), ("storage",)),
        (("ingress", "hosts", 0), ("ingress",)),
        (("cull", "every"), ("culling",)),
        (("hub", "image", "tag"), ("chart_values", "hub", "image", "tag")),
        (("hub", "services"), ("chart",)),
    ],
)
def test_a_value_has_a_place_in_the_stack_file(path: tuple[str | int, ...], place: tuple[str, ...]) -> None:
    text = CLUSTER + "profiles: {minimal: {enabled: true}}\nchart_values: {hub: {image: {tag: '1'}}}\n"
    stack = parse(text, "f")[0]

    assert origin(path, values(stack), stack) == place


def test_a_chart_without_a_schema_has_nothing_to_say(tmp_path: Path) -> None:
    stack = parse(CLUSTER, "f")[0]

    assert schema_problems(Chart(tmp_path), {}, stack, Document(CLUSTER, "f")) == []


def values(stack: object) -> dict:
    found: dict = json.loads(render(stack, FOUND)[JUPYTERHUB])  # type: ignore[arg-type]
    return found
