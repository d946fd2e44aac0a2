"""Files as they come: missing, huge, in another encoding, with several things wrong at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spec.errors import SpecError
from spec.load import LARGEST_BYTES, document_of, load, load_with_warnings, parse
from tests.spec.stacks import CLUSTER, LOCAL, file_problem, place, problem, problems

ROOT = Path(__file__).parent.parent.parent
WORDS = LOCAL + "hub: {title: Café}\n"


def written(folder: Path, data: bytes) -> Path:
    file = folder / "stack.yaml"
    file.write_bytes(data)
    return file


def test_a_missing_file_is_said_with_the_command_that_writes_one(tmp_path: Path) -> None:
    found = file_problem(tmp_path / "stack.yaml")

    assert "no such file" in found.message
    assert found.hint == f"inv init --out {tmp_path / 'stack.yaml'}"


def test_a_directory_is_said_with_the_file_in_it(tmp_path: Path) -> None:
    found = file_problem(tmp_path)

    assert found.message == "this is a directory"
    assert found.hint == f"{tmp_path}/stack.yaml"


UNOPENED = {
    "a NUL byte": "stack\0.yaml",
    "a name too long": "s" * 300,
    "a file as a folder": "file/stack.yaml",
}


@pytest.mark.parametrize("name", UNOPENED.values(), ids=UNOPENED.keys())
def test_a_path_that_cannot_be_opened_is_an_error_of_the_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    found = file_problem(tmp_path / name)

    assert found.message.startswith("cannot be read: ")
    assert found.hint.startswith("ls -l ")
    assert all(line.isprintable() for line in str(found).splitlines())


def test_a_loop_of_links_is_an_error_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").symlink_to("stack.yaml")

    assert "cannot be read: " in file_problem(tmp_path / "stack.yaml").message


AS_NOBODY = """
import os, sys
from pathlib import Path
from spec.errors import SpecError
from spec.load import load
file = os.open(sys.argv[1], os.O_PATH)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    print(load(Path(f"/proc/self/fd/{file}")).name)
except SpecError as error:
    print(error.problems[0].message)
"""
"""Opens without reading while still root, so that the folders above may belong to anybody."""


@pytest.mark.parametrize(("mode", "said"), [(0o644, "jupyterhub"), (0, "cannot be read: Permission denied")])
def test_a_file_without_permission_is_said(tmp_path: Path, mode: int, said: str) -> None:
    file = written(tmp_path, LOCAL.encode())
    file.chmod(mode)

    ended = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.stdout == f"{said}\n", ended.stderr


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# a comment\n", b"---\n", b"\xef\xbb\xbf", b"null\n"])
def test_a_file_with_nothing_in_it_is_said_with_the_command_that_writes_one(tmp_path: Path, data: bytes) -> None:
    found = file_problem(written(tmp_path, data))

    assert (found.message, found.hint) == ("the file is empty", "inv init writes one")
    assert place(found) == (1, 1)


def test_a_file_too_large_is_refused_with_its_size(tmp_path: Path) -> None:
    file = written(tmp_path, LOCAL.encode())
    os.truncate(file, 10_000_000)

    found = file_problem(file)

    assert "10,000,000 bytes" in found.message
    assert f"{LARGEST_BYTES:,}" in found.message


def test_the_largest_file_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    text = LOCAL.encode()
    largest = text + b"#" * (LARGEST_BYTES - len(text))

    assert load(written(tmp_path, largest)).target.kind == "local"
    assert f"{LARGEST_BYTES + 1:,} bytes" in file_problem(written(tmp_path, largest + b"#")).message


@pytest.mark.timeout(10)
def test_a_file_without_an_end_is_refused() -> None:
    assert f"{LARGEST_BYTES + 1:,} bytes; a stack file has at most" in file_problem(Path("/dev/zero")).message


def test_latin1_is_refused_at_its_byte_with_the_command_that_converts_it(tmp_path: Path) -> None:
    file = written(tmp_path, WORDS.encode("latin1"))

    found = file_problem(file)

    assert place(found) == (3, 17)
    assert found.message == "byte 0xe9 is not UTF-8"
    assert found.hint == f"iconv -f latin1 -t utf-8 {file} > new.yaml"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named_in_the_command_that_converts_it(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding.endswith("be") else b""

    found = file_problem(written(tmp_path, mark + WORDS.encode(encoding)))

    assert place(found) == (1, 1)
    assert found.hint.startswith("iconv -f utf-16 -t utf-8 ")


def test_the_command_that_converts_a_file_makes_a_valid_one(tmp_path: Path) -> None:
    file = written(tmp_path, WORDS.encode("utf-16"))

    subprocess.run(file_problem(file).hint, shell=True, cwd=tmp_path, check=True, timeout=60)

    assert load(tmp_path / "new.yaml").hub.title == "Café"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + WORDS.encode(), WORDS.replace("\n", "\r\n").encode()])
def test_a_byte_order_mark_and_the_line_ends_of_windows_change_nothing(tmp_path: Path, data: bytes) -> None:
    assert load(written(tmp_path, data)) == parse(WORDS, "stack.yaml")[0]


def test_a_byte_order_mark_counts_as_no_column(tmp_path: Path) -> None:
    found = file_problem(written(tmp_path, b"\xef\xbb\xbf{version: 1, target: {kind: local}, x: 1}\n"))

    assert place(found) == (1, 37)
    assert found.source.startswith("{")


def test_lines_are_counted_alike_with_the_line_ends_of_windows() -> None:
    text = LOCAL + "hub:\n  titel: x\n"

    found = problem(text.replace("\n", "\r\n"))

    assert place(found) == place(problem(text)) == (4, 3)
    assert found.source == "  titel: x"


def test_a_second_document_is_refused_where_it_begins(tmp_path: Path) -> None:
    found = file_problem(written(tmp_path, (LOCAL + "---\n" + LOCAL).encode()))

    assert place(found) == (3, 1)
    assert "`---`" in found.hint


MANY = """\
version: 1
culling: {every: 3h, idle_timeout: 2h}
hub: {prot: 1}
hub: {address: 0.0.0.0, port: no}
target: {kind: local, context: prod}
name: !x y
"""


def test_yaml_schema_and_rules_speak_at_once_in_the_order_of_the_file() -> None:
    found = problems(MANY)

    assert [(one.line, one.path) for one in found] == [
        (2, "culling.every"),
        (4, "hub"),
        (4, "hub.address"),
        (4, "hub.port"),
        (5, "target.context"),
        (6, "name"),
    ]


def test_the_error_counts_its_problems_and_says_that_nothing_was_changed() -> None:
    with pytest.raises(SpecError) as caught:
        parse(MANY, "mine.yaml")

    assert caught.value.exit_code == 2
    assert caught.value.message.endswith("\n\n6 problems in mine.yaml; nothing was changed.")


def test_one_problem_is_no_plural() -> None:
    with pytest.raises(SpecError, match=r"\n\n1 problem in mine\.yaml; nothing was changed\."):
        parse(LOCAL + "x: 1\n", "mine.yaml")


FOLLOWED = {
    "a required part": "auth: {kind: oidc, oidc: {issuer: x, client_id: y, client_secret: env:A}}\n",
    "a provider's address": "auth: {kind: keycloak, keycloak: {url: 3, client_secret: env:A}}\n",
    "a name": "profiles: {mine: {display_name: 3, packages: []}}\n",
    "a file": "hub: {tls: files, certificate: 3, key: k.pem}\n",
    "a folder": "storage: {kind: nfs, nfs: {server: nas, path: nope}}\n",
    "a list item": "auth: {admin_users: [Ada]}\n",
    "a whole section": "storage: {kind: nfs, nfs: 3}\n",
}


@pytest.mark.parametrize("text", FOLLOWED.values(), ids=FOLLOWED.keys())
def test_a_value_that_is_wrong_is_not_also_called_missing(text: str) -> None:
    assert len(problems(LOCAL + text)) == 1


def test_a_rule_still_speaks_of_what_is_right_beside_what_is_wrong() -> None:
    found = problems(LOCAL + "auth: {kind: oidc, oidc: {issuer: x}}\n")

    assert [one.message.split()[-1] for one in found[:2]] == ["auth.oidc.client_id", "auth.oidc.client_secret"]
    assert found[2].path == "auth.oidc.issuer"


def test_a_wrong_item_of_a_list_hides_no_rule_of_its_section() -> None:
    found = problems(LOCAL + "auth: {kind: oidc, allowed_users: [A, b, C]}\n")

    assert [one.path for one in found] == ["auth.kind"] * 3 + ["auth.allowed_users[0]", "auth.allowed_users[2]"]


def test_a_wrong_version_and_a_fraction_are_told_beside_other_problems() -> None:
    found = problems("version: 1.0\ntarget: {kind: local}\nhub: {port: 80.0, prot: 1}\n")

    assert [one.path for one in found] == ["version", "hub.port", "hub.prot"]


def test_wrong_items_of_a_list_do_not_hide_each_other() -> None:
    found = problems(LOCAL + "auth:\n  allow_all: true\n  allowed_users: [A, b, C, d]\n")

    assert [place(one) for one in found] == [(5, 19), (5, 25)]


def test_warnings_do_not_fail(tmp_path: Path) -> None:
    file = written(tmp_path, CLUSTER.replace("lab.internal", "example.org").encode())

    stack, warnings = load_with_warnings(file)

    assert stack == load(file)
    assert [(one.file, place(one)) for one in warnings] == [(str(file), (3, 13))]
    assert warnings[0].message.startswith("warning: ")


def test_warnings_come_in_the_order_of_the_file() -> None:
    text = "version: 1\nprofiles:\n  minimal: {cpu: {limit: 1}}\n  base: {memory: {limit: 1Gi}}\n"

    warnings = parse(text + "target: {kind: local, confinement: off}\n", "f")[1]

    assert [one.line for one in warnings] == [3, 4, 5]


def test_places_are_found_again_in_a_file_that_was_loaded(tmp_path: Path) -> None:
    document = document_of(written(tmp_path, LOCAL.encode()))

    assert place(document.problem(("target", "kind"), "m")) == (2, 16)


@pytest.mark.parametrize("text", ["- a\n", "x\n", "3\n", "[]\n", "{}\n"])
def test_a_file_that_is_no_mapping_or_an_empty_one_is_said(text: str) -> None:
    assert {place(one) for one in problems(text)} == {(1, 1)}
