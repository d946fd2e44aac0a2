"""The first stack file: valid as it stands, whatever was answered."""

from itertools import product

import pytest

from spec.load import parse
from spec.starter import HOMES, TARGETS, Answers, logins, starter
from tests.spec.stacks import EXAMPLES

TRUTHS = (True, False)
ALL = [
    Answers(target=target, login=login, vault=vault, homes=homes, gpu=gpu)
    for target in TARGETS
    for login in ("", *logins(Answers(target=target)))
    for vault, homes, gpu in product(TRUTHS, HOMES, TRUTHS)
]
NASTY = ["on", "off", "yes", "no", "null", "true", "1e3", "010", "12", "0x1f", "0o7", "1.5", "a-b", "a--b"]
"""Names that YAML, or an older YAML, reads as something else."""
NAMES = [name for name in NASTY if name[0].isalpha()]


def words(answers: Answers) -> str:
    return f"{answers.target}-{answers.login or 'default'}-{answers.vault}-{answers.homes}-{answers.gpu}"


@pytest.mark.parametrize("answers", ALL, ids=words)
def test_every_combination_of_answers_is_valid_and_says_what_was_answered(answers: Answers) -> None:
    stack, warnings = parse(starter(answers), "stack.yaml")

    cluster = answers.target == "kubernetes"
    assert stack.target.kind == answers.target
    assert stack.auth.kind == (answers.login or logins(answers)[0])
    assert stack.vault.enabled == answers.vault
    assert stack.storage.kind == (answers.homes if cluster else "dynamic")
    assert ("pytorch" in stack.profiles) == (cluster and answers.gpu)
    assert all("is a name for examples" in one.message for one in warnings)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_what_was_typed(target: str, name: str) -> None:
    stack = parse(starter(Answers(target=target, name=name)), "stack.yaml")[0]

    assert stack.name == name
    assert stack.target.namespace == (name if target == "kubernetes" else "jupyter")


@pytest.mark.parametrize("login", logins(Answers(target="kubernetes")))
@pytest.mark.parametrize("admin", [*NASTY, "ada@lab.internal", "a+b", "7.", "0", "1_000"])
def test_an_administrators_name_stays_what_was_typed(login: str, admin: str) -> None:
    stack = parse(starter(Answers(target="kubernetes", login=login, admin=admin)), "stack.yaml")[0]

    assert stack.auth.admin_users == [admin]


@pytest.mark.parametrize("host", ["on", "1e3.lab", "0x1f.lab", "12.lab", "hub.lab.internal", "null", "a-b"])
def test_a_host_stays_what_was_typed(host: str) -> None:
    answers = Answers(target="kubernetes", host=host, homes="nfs", nfs_server=host, nfs_path="/a b/# c: d")

    stack = parse(starter(answers), "stack.yaml")[0]

    assert (stack.hub.host, stack.storage.nfs.server, stack.storage.nfs.path) == (host, host, "/a b/# c: d")


@pytest.mark.parametrize("folder", ["/données", "/😀: x", "/a #b", "/it's", '/"a"', "/a\\b", "/{a}", "/a]"])
def test_a_folder_stays_what_was_typed(folder: str) -> None:
    answers = Answers(target="kubernetes", homes="nfs", nfs_path=folder)

    assert parse(starter(answers), "stack.yaml")[0].storage.nfs.path == folder


@pytest.mark.parametrize("login", ["keycloak", "oidc"])
@pytest.mark.parametrize(
    "address", ["https://a.lab/b?c={d}", "https://a.lab:8443/", "https://a.lab/#x", "https://a.lab/a,b"]
)
def test_an_address_stays_what_was_typed(login: str, address: str) -> None:
    answers = Answers(target="kubernetes", login=login, provider=address, vault_address=address)

    stack = parse(starter(answers), "stack.yaml")[0]

    assert address in (stack.auth.keycloak.url, stack.auth.oidc.issuer)
    assert stack.vault.address == address


@pytest.mark.parametrize("answers", ALL, ids=words)
def test_the_text_is_one_for_readers(answers: Answers) -> None:
    text = starter(answers)

    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text
    assert max(map(len, text.splitlines())) <= 120
    assert "{{" not in text


def test_the_stack_file_of_the_repository_is_the_one_of_the_defaults() -> None:
    assert (EXAMPLES.parent.parent / "stack.yaml").read_text("utf-8") == starter(Answers())


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_commented_out_is_valid_too(target: str) -> None:
    lines = starter(Answers(target=target)).splitlines()
    keys = [line.replace("# ", "", 1) if line.startswith("  # ") and ":" in line else line for line in lines]
    told = [line for line in keys if "of your own:" not in line and "other machines:" not in line]

    stack = parse("\n".join(told) + "\n", "stack.yaml")[0]

    assert stack != parse("\n".join(lines) + "\n", "stack.yaml")[0]
