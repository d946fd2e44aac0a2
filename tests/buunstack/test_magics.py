"""`%load_ext buunstack` in a real IPython shell, and how stores look in it."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from buunstack import AsyncSecretStore, SecretStore
from tests.buunstack.conftest import Notebook

HIDDEN = "hunter-two"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    """An IPython shell with the extension."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    # A shell puts its own module in the place of the program's.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    made = InteractiveShell(config=config)
    made.run_line_magic("load_ext", "buunstack")
    return made


def shown(shell: InteractiveShell, result: Any) -> dict[str, str]:
    """What a notebook displays of `result`, by kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        formats: dict[str, str] = shell.display_formatter.format(result)[0]
    return formats


def test_the_names_of_secrets_are_shown(store: SecretStore, shell: InteractiveShell, notebook: Notebook) -> None:
    store.put("api-keys", openai=HIDDEN)
    store.put("team/db", dsn=HIDDEN)
    formats = shown(shell, shell.run_line_magic("secrets", ""))

    title = f"<SecretStore of {notebook.segment} at {notebook.bao.address}>, all"
    assert formats["text/plain"] == f"{title}\n  api-keys\n  team/"
    assert "<tr><td>api-keys</td></tr><tr><td>team/</td></tr>" in formats["text/html"]


def test_a_folder_is_shown_by_its_final_slash(store: SecretStore, shell: InteractiveShell) -> None:
    store.put("team/db", dsn=HIDDEN)

    assert str(shell.run_line_magic("secrets", "team/")).splitlines()[1:] == ["  db"]


def test_without_secrets_it_says_none(store: SecretStore, shell: InteractiveShell) -> None:
    assert str(shell.run_line_magic("secrets", "")).endswith(">: none")


@pytest.mark.parametrize("name", ["api-keys", "a b", 'q"uote'])
def test_the_fields_of_a_secret_are_shown_with_masks(store: SecretStore, shell: InteractiveShell, name: str) -> None:
    store.put(name, openai=HIDDEN, github="")
    quoted = f"'{name}'"
    formats = shown(shell, shell.run_line_magic("secrets", quoted))

    assert formats["text/plain"] == f"{name}\n  github = '***'\n  openai = '***'"
    assert "<tr><td>openai</td><td>&#x27;***&#x27;</td></tr>" in formats["text/html"]
    assert HIDDEN not in "".join(formats.values())


def test_shared_secrets_are_shown(store: SecretStore, shell: InteractiveShell, notebook: Notebook) -> None:
    notebook.bao.ok("POST", "secret/data/jupyter/shared/magic", body={"data": {"password": HIDDEN}})

    assert "  magic" in str(shell.run_line_magic("secrets", "--shared")).splitlines()
    assert str(shell.run_line_magic("secrets", "--shared magic")) == "magic\n  password = '***'"
    notebook.bao.ok("DELETE", "secret/metadata/jupyter/shared/magic")


def test_a_name_is_text_and_no_markup_or_terminal_code(store: SecretStore, shell: InteractiveShell) -> None:
    store.put("<img src=x>", **{"<script>": "1", "\x1b[2J": "2"})
    listed = shown(shell, shell.run_line_magic("secrets", ""))
    fields = shown(shell, shell.run_line_magic("secrets", "'<img src=x>'"))

    assert "<img" not in listed["text/html"] + fields["text/html"]
    assert "<script>" not in fields["text/html"]
    assert "\x1b" not in fields["text/plain"] + fields["text/html"]
    assert r"'\x1b[2J'" in fields["text/plain"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nope", "The secret 'nope' does not exist."),
        ("--shared nope", "The shared secret 'nope' does not exist."),
        ("../bob", "has a part that is `.` or `..`"),
        ("'open", "A quotation mark is not closed."),
        ("two names", "Use %secrets [--shared] [NAME | FOLDER/]"),
        ("--help", "Use %secrets [--shared] [NAME | FOLDER/]"),
    ],
)
def test_an_error_is_one_sentence_and_fails_the_cell(
    store: SecretStore, shell: InteractiveShell, capfd: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    result = shell.run_cell(f"%secrets {line}")

    printed = capfd.readouterr()
    assert not result.success
    assert words in printed.err
    assert "Traceback" not in printed.out + printed.err


def test_a_missing_setting_is_told_without_a_traceback(
    notebook: Notebook, shell: InteractiveShell, capfd: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%secrets")

    printed = capfd.readouterr()
    assert "UsageError: There is no Vault token" in printed.err
    assert "Traceback" not in printed.out + printed.err


def test_a_cell_may_keep_the_names(store: SecretStore, shell: InteractiveShell) -> None:
    store.put("k", a="1")
    shell.run_cell("found = %secrets")

    assert shell.user_ns["found"].names == ("k",)


def test_the_extension_can_be_unloaded_and_loaded_again(shell: InteractiveShell) -> None:
    shell.run_line_magic("unload_ext", "buunstack")
    assert shell.find_line_magic("secrets") is None

    shell.run_line_magic("load_ext", "buunstack")
    assert shell.find_line_magic("secrets") is not None


STORES: dict[str, Callable[[], object]] = {
    "SecretStore": SecretStore,
    "SharedSecrets": lambda: SecretStore().shared,
    "AsyncSecretStore": AsyncSecretStore,
    "AsyncSharedSecrets": lambda: AsyncSecretStore().shared,
}


@pytest.mark.parametrize("name", STORES)
def test_a_store_looks_like_who_asks_and_where(notebook: Notebook, shell: InteractiveShell, name: str) -> None:
    token = notebook.deliver()["client_token"]
    SecretStore().put("k", a=HIDDEN)
    SecretStore().get("k")
    formats = shown(shell, STORES[name]())

    assert formats["text/plain"] == f"<{name} of {notebook.segment} at {notebook.bao.address}>"
    assert formats["text/html"].startswith(f"<code>&lt;{name} of {notebook.segment} at https://")
    assert HIDDEN not in "".join(formats.values())
    assert token not in "".join(formats.values())


def test_a_user_name_is_no_markup(notebook: Notebook, shell: InteractiveShell) -> None:
    notebook.environment.setenv("JUPYTERHUB_USER", "<script>")

    assert "<script>" not in shown(shell, SecretStore())["text/html"]


def test_what_get_returns_is_the_value_itself(store: SecretStore, shell: InteractiveShell) -> None:
    store.put("k", a=HIDDEN)

    assert shown(shell, store.get("k"))["text/plain"] == f"{{'a': '{HIDDEN}'}}"


def test_the_package_works_without_ipython() -> None:
    program = "import sys; sys.modules['IPython'] = None; import buunstack; print(buunstack.SecretStore())"
    ran = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=True)

    assert ran.stdout == "<SecretStore of nobody at no Vault>\n"
