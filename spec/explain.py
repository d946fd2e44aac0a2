"""Why the data does not fit the schema: jsonschema's findings as problems with lines and hints. Pure.

Loaded only when a file is wrong; the quick verdict comes from msgspec (see `load.py`).
"""

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from spec import validators
from spec.document import Document, Path, shortened
from spec.fields import ADDRESS, GROUP, HOST, IMAGE, MCP_VERSION, REFERENCE, SLUG, STACK_NAME, URL, USER_NAME, VARIABLE
from spec.problems import Problem
from spec.quantities import CPU, DURATION, MEMORY
from spec.secrecy import names_secret

_FORMS = {
    DURATION: ("a duration", "a whole number and s, m, h or d, such as 90s or 24h"),
    MEMORY: ("an amount of memory", "a number with a unit, such as 512Mi or 4Gi"),
    CPU: ("an amount of processor time", "a number of cores such as 2 or 0.5, or 500m"),
    HOST: ("a host name", "such as jupyter.example.net, without https:// and without a port"),
    ADDRESS: ("an IP address", "127.0.0.1, or 0.0.0.0 for every address of this machine"),
    URL: ("an address", "such as https://vault.example.net"),
    IMAGE: ("an image", "such as quay.io/jupyter/base-notebook:2026-05-31"),
    SLUG: ("a short name", "small letters, digits and hyphens, such as deep-learning"),
    STACK_NAME: ("a stack's name", "small letters, digits and hyphens, at most 32, beginning with a letter"),
    USER_NAME: ("a user name", "small letters, digits and . _ @ + -, beginning with a letter or digit"),
    GROUP: ("the full path of a group", "such as science/physics, without a slash at its ends"),
    VARIABLE: ("a variable's name", "letters, digits and underscores, such as POSTGRES_HOST"),
    MCP_VERSION: ("a version that answers nobody without a token", '"2.2.4", or another one from "1.0.0" on'),
    REFERENCE: ("a reference to a secret", "vault:PATH#FIELD, env:NAME, k8s:SECRET#KEY or file:PATH"),
}
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_MISSING = {
    "version": "version: 1",
    "target": "target: {kind: local}",
    "kind": "kind: local",
    "display_name": "display_name: Small",
    "name": "name: ada",
    "claim": "claim: airflow-dags",
    "path": "path: /home/jovyan/airflow-dags",
    "context": "context: images/mine",
}
_EXAMPLES = {"integer": "1", "number": "1", "boolean": "true or false", "string": "a text"}
_Draft = validators.jsonschema().Draft202012Validator
_Validator = validators.jsonschema().validators.extend(
    _Draft,
    type_checker=_Draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)
"""As msgspec has it, 80.0 is no whole number."""
_TRUE, _FALSE = {"on", "yes", "y"}, {"off", "no", "n"}


def explained(document: Document, schema: dict[str, Any]) -> list[tuple[Path, Problem]]:
    """Every way in which the document does not fit the schema, with the path of what is wrong."""
    validator = _Validator(schema)
    return [found for error in validator.iter_errors(document.data) for found in _problems(document, error)]


def suggestion(word: str, known: list[str]) -> str:
    """A hint with the nearest known word, or all of them when none is near."""
    near = difflib.get_close_matches(word[:60].lower(), known, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(known)}"


def _problems(document: Document, error: Any, base: Path = ()) -> Iterator[tuple[Path, Problem]]:
    """Args: base: the path of the value whose alternatives `error` belongs to."""
    path: Path = (*base, *error.relative_path)
    if error.validator == "additionalProperties":
        yield from _unknown_keys(document, path, error)
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                hint = _MISSING.get(name, f"{name}: followed by a value")
                yield path, document.problem(path, f"the key `{name}` is missing", hint)
    elif "propertyNames" in error.relative_schema_path:
        name = error.instance
        form, hint = _FORMS.get(error.validator_value, ("a name that is allowed here", ""))
        yield (*path, name), document.problem((*path, name), f"{_shown(name)} is not {form}", hint, at_key=True)
    elif error.validator == "anyOf":
        yield from _alternatives(document, path, error)
    else:
        rule = {error.validator: error.validator_value, **_facts(error.schema)}
        yield path, _value(document, path, error.instance, rule)


def _unknown_keys(document: Document, path: Path, error: Any) -> Iterator[tuple[Path, Problem]]:
    known = list(error.schema.get("properties", {}))
    for name in error.instance:
        if name not in known:
            place = (*path, name)
            yield place, document.problem(place, "unknown key", suggestion(name, known), at_key=True)


def _alternatives(document: Document, path: Path, error: Any) -> Iterator[tuple[Path, Problem]]:
    """One of several types: speak of the one that the value's own type belongs to, else of them all."""
    branches: dict[int, list[Any]] = {}
    for found in error.context:
        branches.setdefault(found.relative_schema_path[0], []).append(found)
    for found in branches.values():
        if all(one.relative_path or one.validator not in ("type", "enum") for one in found):
            for one in found:
                yield from _problems(document, one, path)
            return
    options = [option for option in error.validator_value if option.get("type") != "null"]
    yield path, _unfit(document, path, error.instance, options)


def _facts(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in ("type", "enum", "pattern") if key in schema}


def untold(document: Document, reason: str) -> Problem:
    """What msgspec refuses and the schema allows, such as `version: 1.0`."""
    text, _, place = reason.partition(" - at `$")
    path = tuple(int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]`]+", place) if step != "...")
    written = document.text_at(path)
    if text.startswith("Expected `int") and (whole := re.fullmatch(r"([-+]?[0-9]+)\.0*", written)):
        return document.problem(path, f"expected a whole number, got {written}", whole[1])
    return document.problem(path, text.replace("`", ""), "inv schema writes down what is allowed")


def _value(document: Document, path: Path, value: Any, rule: dict[str, Any]) -> Problem:
    if "minimum" in rule or "maximum" in rule:
        name, word = ("minimum", "least") if "minimum" in rule else ("maximum", "most")
        return document.problem(path, f"{_shown(value)} must be at {word} {rule[name]}", str(rule[name]))
    if "minLength" in rule:
        return document.problem(path, "an empty text is not allowed here", "a text, or remove the key")
    if "maxLength" in rule:
        return document.problem(path, f"longer than {rule['maxLength']} characters", "a shorter text")
    return _unfit(document, path, value, [rule])


def _unfit(document: Document, path: Path, value: Any, options: list[dict[str, Any]]) -> Problem:
    if any(option.get("pattern") == REFERENCE for option in options):
        # It may be the secret itself, which must not reach a log: neither the value nor its line is shown.
        message = "expected a reference to a secret, not the secret"
        return replace(document.problem(path, message, _FORMS[REFERENCE][1]), source="")
    words = " or ".join(dict.fromkeys(_expected(option) for option in options))
    if names_secret(path):
        return document.problem(path, f"expected {words}", _hint("", value, options))
    message = f"expected {words}, got {_got(document, path, value)}"
    return document.problem(path, message, _hint(document.text_at(path), value, options))


def _expected(option: dict[str, Any]) -> str:
    if "enum" in option:
        values = [str(value) for value in option["enum"]]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    if option.get("pattern") in _FORMS:
        return _FORMS[option["pattern"]][0]
    return _TYPES.get(str(option.get("type")), "a mapping")


def _got(document: Document, path: Path, value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return _shown(value) if isinstance(value, str) else (document.text_at(path) or json.dumps(value))


def _hint(written: str, value: Any, options: list[dict[str, Any]]) -> str:
    """A value that would fit, made from what is written."""
    types = {str(option.get("type", "object")) for option in options}
    if "boolean" in types and written.lower() in _TRUE | _FALSE:
        return f"write {'true' if written.lower() in _TRUE else 'false'}: YAML 1.2 reads {written} as a text"
    if types & {"integer", "number"} and (found := re.match(r"[0-9][0-9_]{0,8}(?![0-9:])", written)):
        return found[0].replace("_", "")
    for option in options:
        if found_text := _fitting(written, option):
            return found_text
    if "string" in types and written:
        return f'write "{shortened(written)}" in quotes'
    if "array" in types:
        return f"[{shortened(written)}]" if written else "[], or remove the key"
    if "object" in types:
        return "{} for the defaults, or remove the key" if value is None else "one `key: value` per line below it"
    return _EXAMPLES.get(next(iter(types)), "another value")


def _fitting(written: str, option: dict[str, Any]) -> str:
    """A hint for one type; empty when only its name would help."""
    pattern = option.get("pattern")
    if "enum" in option:
        return suggestion(written, [str(value) for value in option["enum"]])
    if pattern == DURATION:
        return _duration(written) or _FORMS[DURATION][1]
    if pattern == MEMORY:
        return _memory(written) or _FORMS[MEMORY][1]
    return _FORMS[pattern][1] if pattern in _FORMS else ""


def _duration(written: str) -> str:
    """What somebody who wrote 12:30, 90 or 1h30m may have meant."""
    if found := re.fullmatch(r"([0-9]{1,3}):([0-5][0-9])", written):
        number = int(found[1]) * 60 + int(found[2])
        return f"{number}m for hours and minutes, or {number}s for minutes and seconds"
    if found := re.fullmatch(r"([0-9]{1,6})h ?([0-9]{1,6})m", written):
        return f"{int(found[1]) * 60 + int(found[2])}m"
    if re.fullmatch(r"[1-9][0-9]{0,8}", written):
        return f"{written}s for seconds, or another unit of s, m, h, d"
    if found := re.fullmatch(r"([1-9][0-9]{0,8}) ?([smhd])[a-z]*", written.lower()):
        return f"{found[1]}{found[2]}"
    return ""


def _memory(written: str) -> str:
    if found := re.fullmatch(r"([1-9][0-9.]{0,9}) *([kKmMgGtT])[iI]?[bB]?", written):
        return f"{found[1]}{found[2].upper()}i"
    return ""


def _shown(value: Any) -> str:
    return repr(shortened(value)) if isinstance(value, str) else json.dumps(value)
