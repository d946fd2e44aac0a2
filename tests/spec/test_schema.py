"""The JSON Schema that editors use says what the loader says, and the committed files are the model's."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spec import validators
from spec.document import Document
from spec.load import load_with_warnings
from spec.model import Stack
from spec.schema import DIALECT, schema, schema_text
from tests.spec.stacks import EXAMPLES
from tests.spec.test_availability import keys

ROOT = EXAMPLES.parent.parent
SHIPPED = [*sorted(EXAMPLES.glob("*.yaml")), ROOT / "stack.yaml"]
FILES = [*SHIPPED, *sorted((Path(__file__).parent / "files").glob("*.yaml"))]
"""The examples, and beside them what they leave out."""
jsonschema = validators.jsonschema()
VALIDATOR = jsonschema.Draft202012Validator(schema())


def data_of(file: Path) -> Any:
    return Document(file.read_text("utf-8"), file.name).data


def properties(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property anywhere in the schema, with its path in it."""
    if isinstance(node, dict):
        for name, child in node.get("properties", {}).items():
            yield f"{path}/{name}", child
        for name, child in node.items():
            yield from properties(child, f"{path}/{name}")


PROPERTIES = dict(properties(schema()))


def test_an_editor_refuses_an_mcp_server_that_answers_without_a_token_and_takes_the_first_that_asks() -> None:
    file = {"version": 1, "target": {"kind": "local"}}

    assert not VALIDATOR.is_valid(file | {"mcp": {"version": "0.99.99"}})
    assert VALIDATOR.is_valid(file | {"mcp": {"version": "1.0.0"}})


def test_the_schema_is_one_of_its_dialect() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == DIALECT
    assert json.loads(schema_text()) == schema()


@pytest.mark.parametrize("path", PROPERTIES)
def test_a_key_says_what_it_is(path: str) -> None:
    description = PROPERTIES[path].get("description", "")

    assert description.rstrip().endswith("."), f"{path}: {description!r}"


def test_a_mapping_with_keys_takes_no_other_ones_and_says_what_it_is() -> None:
    sections = [schema(), *schema()["$defs"].values()]

    assert len(sections) > 20
    assert all(section["additionalProperties"] is False for section in sections)
    assert all(section["description"] for section in sections)


@pytest.mark.parametrize("path", [path for path, node in PROPERTIES.items() if "default" in node])
def test_a_default_is_valid_where_it_stands(path: str) -> None:
    node = {"$defs": schema()["$defs"], **PROPERTIES[path]}

    jsonschema.Draft202012Validator(node).validate(node["default"])


@pytest.mark.parametrize("path", [path for path, node in PROPERTIES.items() if "examples" in node])
def test_an_example_of_a_key_is_valid_where_it_stands(path: str) -> None:
    node = {"$defs": schema()["$defs"], **PROPERTIES[path]}

    for example in node["examples"]:
        jsonschema.Draft202012Validator(node).validate(example)


def test_the_defaults_of_the_schema_are_those_of_the_loader() -> None:
    least = msgspec.convert({"version": 1, "target": {"kind": "local"}}, Stack)
    told = {name: node["default"] for name, node in schema()["properties"].items() if "default" in node}

    assert msgspec.convert({"version": 1, "target": {"kind": "local"}, **told}, Stack) == least
    assert set(told) == set(schema()["properties"]) - {"version", "target"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_example_loads_without_a_problem(file: Path) -> None:
    warnings = load_with_warnings(file)[1]

    assert all("is a name for examples" in one.message for one in warnings) or file not in SHIPPED


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_loader_and_schema_agree_on_an_example_and_on_each_way_to_break_it(file: Path) -> None:
    for data in [data_of(file), *broken(data_of(file))]:
        assert VALIDATOR.is_valid(data) == fits(data), data


def fits(data: Any) -> bool:
    try:
        msgspec.convert(data, Stack)
    except msgspec.ValidationError:
        return False
    return True


def broken(data: Any) -> Iterator[Any]:
    """The data with one value replaced by one of another type, or one key renamed, at each place in turn."""
    if isinstance(data, dict):
        for key, value in data.items():
            rest = {other: kept for other, kept in data.items() if other != key}
            yield rest
            yield rest | {f"{key}_": value}
            for changed in (*broken(value), None, "", -1, True, [], {}):
                yield rest | {key: changed}
    elif isinstance(data, list):
        for index, value in enumerate(data):
            for changed in (*broken(value), None, 7, "Not ok"):
                yield [*data[:index], changed, *data[index + 1 :]]


def test_an_editor_finds_the_schema_from_each_example() -> None:
    for file in SHIPPED:
        first = file.read_text("utf-8").splitlines()[0]
        name = first.removeprefix("# yaml-language-server: $schema=")

        assert (file.parent / name).resolve() == ROOT / "schema" / "stack.schema.json"


def named(data: Any, path: str = "") -> Iterator[str]:
    """Every path of the data as a file names it: `profiles.mine.tolerations[].key`."""
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from named(value, f"{path}.{key}" if path else key)
    elif isinstance(data, list):
        for value in data:
            yield from named(value, f"{path}[]")


def test_the_files_together_name_every_key_of_the_model() -> None:
    found = {place for file in FILES for place in named(data_of(file))}
    patterns = {key: re.compile(re.escape(key).replace("NAME", "[^.]+")) for key in keys(Stack)}
    missing = [key for key, pattern in patterns.items() if not any(map(pattern.fullmatch, found))]

    assert missing == [], "an example, or a file beside this test, should show these"
