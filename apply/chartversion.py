"""The version of the chart in a stack file: changed in its place, with everything else as it was written."""

from pathlib import Path

import yaml

from apply.outfile import write
from spec.errors import StackError
from spec.load import parse


def with_version(text: str, version: str) -> str:
    """The stack file with another `chart.version`; comments and order stay.

    Raises:
        StackError: the file is written in a way that leaves no place for it.
    """
    root = yaml.compose(text)
    chart = _value(root, "chart")
    if chart is None:
        return f"{text.rstrip()}\n\nchart:\n  version: {version}\n"
    number = _value(chart, "version")
    if isinstance(number, yaml.ScalarNode):
        start, end = number.start_mark.index, number.end_mark.index
        return f"{text[:start]}{version}{text[end:]}"
    if isinstance(chart, yaml.MappingNode) and chart.value:
        first = chart.value[0][0].start_mark
        between = ", " if chart.flow_style else "\n" + " " * first.column
        return f"{text[: first.index]}version: {version}{between}{text[first.index :]}"
    raise StackError("the chart's version cannot be written into the stack file", f"say chart: {{version: {version}}}")


def write_version(file: Path, version: str) -> None:
    """Change the file, if what comes of it is the same stack with that version.

    Raises:
        StackError: it would not be, or the file system refuses.
    """
    text = with_version(file.read_text("utf-8"), version)
    if parse(text, str(file))[0].chart.version != version:
        raise StackError(f"{file} was not changed: it would not say the version", f"chart: {{version: {version}}}")
    write(str(file), text, "--spec")


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if getattr(name, "value", None) == key), None)
