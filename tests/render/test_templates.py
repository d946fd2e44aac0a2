"""Values keep their meaning inside HCL."""

import pytest

from render.templates import hcl, quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a"b', '"a\\"b"'),
        ("${x}", '"$${x}"'),
        ("%{if}", '"%%{if}"'),
        ("two\nlines", '"two\\nlines"'),
        ("ä", '"\\u00e4"'),
    ],
)
def test_a_text_cannot_leave_its_quotes_or_start_an_expression(text: str, written: str) -> None:
    assert quoted(text) == written


def test_nested_values_become_hcl_expressions() -> None:
    assert hcl({"a": [1, True, "x"], "b": {"c": None}}) == '{ "a" = [1, true, "x"], "b" = { "c" = null } }'
