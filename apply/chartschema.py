"""What a chart's own schema says against values, each problem at the line of the stack file it comes from. Pure."""

import json
from typing import Any

from apply.charts import Chart
from render.origin import origin
from render.values import merged
from spec import validators
from spec.document import Document
from spec.model import Stack
from spec.problems import Problem

_LONGEST_FOREIGN_TEXT = 200


def schema_problems(chart: Chart, values: dict[str, Any], stack: Stack, document: Document) -> list[Problem]:
    """Every value that the chart does not take; empty when it takes all, or has no schema.

    Helm checks the chart's defaults with the values over them, so the same is done here.
    """
    text = chart.read("values.schema.json")
    if not text:
        return []
    schema = json.loads(text)
    validator = validators.jsonschema().validators.validator_for(schema)(schema)
    found = []
    for error in validator.iter_errors(merged(chart.values(), values)):
        path = tuple(error.absolute_path)
        extra = _unknown(error)
        for step in extra or ((),):
            place = origin((*path, *step), values, stack)
            found.append(document.problem(place, _message((*path, *step), error, bool(extra)), "", at_key=bool(extra)))
    return sorted(found)


def _unknown(error: Any) -> list[tuple[str]]:
    """The keys that an object may not have; the library names them in a sentence alone."""
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    known = error.schema.get("properties", {})
    return [(key,) for key in error.instance if key not in known]


def _message(path: tuple[str | int, ...], error: Any, unknown: bool) -> str:
    """Names the value's place in the chart; never the value, which may be a secret."""
    place = ".".join(str(step) for step in path)
    if unknown:
        return f"the chart knows no value {place}"
    wanted = error.validator_value
    said = {
        "type": f"has to be of type {' or '.join(wanted) if isinstance(wanted, list) else wanted}",
        "enum": f"has to be one of {wanted}",
        "pattern": f"has to match {wanted}",
        "required": f"lacks one of {wanted}",
    }.get(str(error.validator), f"does not fit the chart's rule {error.validator}")
    return f"the chart refuses value {place}: it {said}"[:_LONGEST_FOREIGN_TEXT]
