"""What does not fit the schema is said in the user's words, with its place and a value or command that helps."""

import pytest

from tests.spec.stacks import CLUSTER, LOCAL, place, problem, problems

DURATION = "a whole number and s, m, h or d, such as 90s or 24h"
CORES = "a number of cores such as 2 or 0.5, or 500m"
LONG = "x" * 201


def line(text: str, where: str = LOCAL) -> str:
    return f"{where}{text}\n"


FORMS = {
    "hours and minutes": (
        "culling: {every: 12:30}",
        18,
        "'12:30'",
        "750m for hours and minutes, or 750s for minutes and seconds",
    ),
    "a number as a duration": ("culling: {every: 90}", 18, "got 90", "90s for seconds, or another unit of s, m, h, d"),
    "hours with minutes": ("culling: {every: 1h30m}", 18, "'1h30m'", "90m"),
    "a unit in words": ("culling: {every: 2 hours}", 18, "'2 hours'", "2h"),
    "no time": ("culling: {every: 0s}", 18, "'0s'", DURATION),
    "a fraction of a duration": ("culling: {every: 1.5h}", 18, "a duration", DURATION),
    "gigabytes": ("storage: {capacity: 16GB}", 21, "an amount of memory", "16Gi"),
    "gigabytes apart": ("storage: {capacity: 1.5 gb}", 21, "'1.5 gb'", "1.5Gi"),
    "memory without a unit": ("storage: {capacity: 16}", 21, "got 16", "a number with a unit, such as 512Mi or 4Gi"),
    "memory in words": ("storage: {capacity: lots}", 21, "'lots'", "a number with a unit, such as 512Mi or 4Gi"),
    "cores in words": ("profiles: {base: {cpu: {limit: two}}}", 32, "an amount of processor time", CORES),
    "gigahertz": ("profiles: {base: {cpu: {limit: 1.5GHz}}}", 32, "'1.5GHz'", CORES),
    "too many cores": ("profiles: {base: {cpu: {limit: 1025}}}", 32, "1025 must be at most 1024", "1024"),
    "no cores": ("profiles: {base: {cpu: {limit: 0}}}", 32, "0 must be at least 0.001", "0.001"),
    "a name with capitals": ("name: Lab", 7, "a stack's name, got 'Lab'", "small letters, digits and hyphens"),
    "a host with a scheme": ("hub: {host: 'https://x.y'}", 13, "a host name", "without https:// and without a port"),
    "a name as address": ("hub: {address: localhost}", 16, "an IP address", "127.0.0.1, or 0.0.0.0"),
    "a bare host as url": ("vault: {address: v.x.y}", 18, "an address", "such as https://"),
    "an image with a blank": ("images: {base: a b}", 16, "an image", "quay.io/"),
    "a user with a blank": ("auth: {admin_users: [a b]}", 22, "a user name", "small letters"),
    "an MCP server that asks for no token": (
        "mcp: {version: 0.99.99}",
        16,
        "a version that answers nobody without a token, got '0.99.99'",
        '"2.2.4", or another one from "1.0.0" on',
    ),
    "a group with a slash": ("auth: {admin_groups: [/a]}", 23, "the full path of a group", "without a slash"),
    "a port too high": ("hub: {port: 65536}", 13, "65536 must be at most 65535", "65535"),
    "a port too low": ("hub: {port: 0}", 13, "0 must be at least 1", "1"),
    "a port beyond all numbers": ("hub: {port: 99999999999999999999}", 13, "at most 65535", "65535"),
    "an empty text": ("hub: {title: ''}", 14, "an empty text is not allowed here", "a text, or remove the key"),
    "a long text": (f"hub: {{title: {LONG}}}", 14, "longer than 200 characters", "a shorter text"),
    "a key with capitals": ("profiles: {Base: {}}", 12, "'Base' is not a short name", "such as deep-learning"),
    "a key with a hyphen": ("notebook: {environment: {A-B: x}}", 26, "not a variable's name", "such as POSTGRES_HOST"),
}


@pytest.mark.parametrize(("text", "column", "message", "hint"), FORMS.values(), ids=FORMS.keys())
def test_a_value_of_another_form_gets_the_nearest_right_one(text: str, column: int, message: str, hint: str) -> None:
    found = problem(line(text))

    assert place(found) == (3, column)
    assert message in found.message
    assert hint in found.hint


TYPES = {
    "nothing as a section": ("hub:", 5, "expected a mapping, got nothing", "{} for the defaults, or remove the key"),
    "null as a section": ("hub: null", 6, "expected a mapping, got nothing", "{} for the defaults, or remove the key"),
    "a list as a section": ("hub: []", 6, "expected a mapping, got a list", "one `key: value` per line below it"),
    "a text as a section": ("hub: x", 6, "expected a mapping, got 'x'", "one `key: value` per line below it"),
    "a list as a dictionary": ("profiles: [base]", 11, "expected a mapping, got a list", "one `key: value` per line"),
    "a text as a list": ("auth: {admin_users: ada}", 21, "expected a list, got 'ada'", "[ada]"),
    "a mapping as a list": ("auth: {admin_users: {a: 1}}", 21, "a list, got a mapping", "[], or remove the key"),
    "a mapping as a text": ("name: {a: 1}", 7, "a stack's name, got a mapping", "small letters"),
    "a text as a number": ("hub: {port: http}", 13, "expected a whole number, got 'http'", "1"),
    "a number in quotes": ("hub: {port: '80'}", 13, "expected a whole number, got '80'", "80"),
    "a number as a truth": ("culling: {enabled: 1}", 20, "expected true or false, got 1", "true or false"),
    "a truth as a number": ("hub: {port: true}", 13, "expected a whole number, got true", "1"),
    "a truth as a text": ("name: true", 7, "a stack's name, got true", "small letters"),
    "another number of two": ("profiles: {base: {cpu: {limit: true}}}", 32, "a number or an amount of", CORES),
    "an enum": ("auth: {kind: keyclock}", 14, "one of dummy, keycloak, native, oidc", "did you mean `keycloak`?"),
    "an enum of one": ("vault: {preset: buun}", 17, "expected buun-stack, got 'buun'", "one of: buun-stack"),
    "on in an enum": ("hub: {tls: on}", 12, "got 'on'", "one of: files, off, self-signed"),
    "a mapping as any text": ("hub: {title: {a: 1}}", 14, "expected a text, got a mapping", "a text"),
    "an enum far off": ("hub: {tls: yes please}", 12, "got 'yes please'", "one of: files, off, self-signed"),
    "an enum beside a truth": ("gpu: {enabled: perhaps}", 16, "expected true or false or auto", "one of: auto"),
}


@pytest.mark.parametrize(("text", "column", "message", "hint"), TYPES.values(), ids=TYPES.keys())
def test_a_value_of_another_type_is_said_with_what_fits(text: str, column: int, message: str, hint: str) -> None:
    found = problem(line(text))

    assert place(found) == (3, column)
    assert message in found.message
    assert found.hint.startswith(hint)


TRAPS = {
    "on": ("culling: {enabled: on}", 20, "got 'on'", "write true: YAML 1.2 reads on as a text"),
    "Yes": ("culling: {enabled: Yes}", 20, "got 'Yes'", "write true: YAML 1.2 reads Yes as a text"),
    "off": ("culling: {enabled: off}", 20, "got 'off'", "write false: YAML 1.2 reads off as a text"),
    "n": ("gpu: {enabled: n}", 16, "got 'n'", "write false: YAML 1.2 reads n as a text"),
    "1_000": ("hub: {port: 1_000}", 13, "got '1_000'", "1000"),
    "a time of day": ("hub: {port: 12:30}", 13, "got '12:30'", "1"),
    "a version": ("chart: {version: 4.10}", 18, "expected a text, got 4.10", 'write "4.10" in quotes'),
    "a number as a variable": ("notebook: {environment: {A: 1}}", 29, "expected a text, got 1", 'write "1" in quotes'),
    "an exponent": ("chart: {version: 1e3}", 18, "expected a text, got 1e3", 'write "1e3" in quotes'),
    "a leading zero": ("hub: {port: 010}", 13, "010 has a leading zero", '10, or "010" for a text'),
    "a leading zero and an eight": ("hub: {port: 080}", 13, "as another number", '80, or "080" for a text'),
    "not a number": ("hub: {port: .nan}", 13, ".nan is not a number here", "a finite number"),
    "an infinite number": ("hub: {port: 1e999}", 13, "1e999 is not a number here", "a finite number"),
    "a fraction in a list": ("egress: {a: {ports: [80.0]}}", 22, "expected a whole number, got 80.0", "80"),
    "a fraction": ("hub: {port: 80.0}", 13, "expected a whole number, got 80.0", "80"),
}


@pytest.mark.parametrize(("text", "column", "message", "hint"), TRAPS.values(), ids=TRAPS.keys())
def test_what_yaml_reads_otherwise_is_said_with_what_to_write(text: str, column: int, message: str, hint: str) -> None:
    found = problem(line(text))

    assert place(found) == (3, column)
    assert message in found.message
    assert found.hint == hint


@pytest.mark.parametrize("text", ["hub: {tls: off}", "target: {kind: local, confinement: off}", 'name: "on"'])
def test_off_and_on_are_texts_where_a_text_is_wanted(text: str) -> None:
    assert problems("version: 1\n" + (text if "target" in text else f"target: {{kind: local}}\n{text}")) == []


VERSIONS = {
    "1.0": ("expected a whole number, got 1.0", "1"),
    "'1'": ("expected 1, got '1'", "did you mean `1`?"),
    "2": ("expected 1, got 2", "one of: 1"),
    "true": ("expected 1, got true", "one of: 1"),
}


@pytest.mark.parametrize(("version", "said"), VERSIONS.items(), ids=VERSIONS.keys())
def test_a_version_that_is_not_1_is_said(version: str, said: tuple[str, str]) -> None:
    found = problem(f"version: {version}\ntarget: {{kind: local}}\n")

    assert place(found) == (1, 10)
    assert (found.message, found.hint) == said


def test_all_unknown_keys_of_one_mapping_are_named_each_with_its_nearest() -> None:
    found = problems(LOCAL + "hub: {titel: x, prot: 1, TLS: off, zzz: 2}\nnamee: y\n")

    assert [(place(one), one.path) for one in found] == [
        ((3, 7), "hub.titel"),
        ((3, 17), "hub.prot"),
        ((3, 26), "hub.TLS"),
        ((3, 36), "hub.zzz"),
        ((4, 1), "namee"),
    ]
    assert {one.message for one in found} == {"unknown key"}
    assert [one.hint for one in found[:3]] == ["did you mean `title`?", "did you mean `port`?", "did you mean `tls`?"]
    assert found[3].hint.startswith("one of: host, address, port, ")


MISSING = {
    "target": ("version: 1\n", (1, 1), "target: {kind: local}"),
    "version": ("target: {kind: local}\n", (1, 1), "version: 1"),
    "kind": ("version: 1\ntarget: {}\n", (2, 9), "kind: local"),
    "claim": (CLUSTER + "storage: {volumes: {a: {path: /a}}}\n", (4, 24), "claim: airflow-dags"),
    "context": (CLUSTER + "images: {custom: {a: {}}}\n", (4, 22), "context: images/mine"),
}


@pytest.mark.parametrize("key", MISSING)
def test_a_missing_key_is_said_with_the_line_to_write(key: str) -> None:
    text, where, hint = MISSING[key]

    found = problem(text)

    assert place(found) == where
    assert (found.message, found.hint) == (f"the key `{key}` is missing", hint)


def test_a_long_value_is_shown_shortened() -> None:
    assert len(problem(LOCAL + f"name: {'X' * 5000}\n").message) < 120
