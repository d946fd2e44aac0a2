"""The files of MCP clients: what each of them reads, beside what is in them already."""

import json
import tomllib

import pytest

from apply.mcpclients import CLIENTS, Unfit, hub_endpoint, server_endpoint

ADA = server_endpoint("https://hub.lab.internal/", "ada")
URL = "https://hub.lab.internal/user/ada/mcp"
OTHERS = """\
model = "mine"  # a comment

[mcp_servers.docs]
command = "docs"
args = ["a",
    "b"]

[profiles.fast]
model = "other"
"""
CODEX_TABLE = f'[mcp_servers.jupyter-ada]\nurl = "{URL}"\nbearer_token_env_var = "JUPYTERHUB_TOKEN"\n'


def made(client: str, text: str = "") -> str:
    return CLIENTS[client].merged(text, ADA)


def test_claudes_file_is_the_documented_one() -> None:
    assert json.loads(made("claude")) == {
        "mcpServers": {
            "jupyter-ada": {"type": "http", "url": URL, "headers": {"Authorization": "token ${JUPYTERHUB_TOKEN}"}}
        }
    }
    assert made("generic") == made("claude")


def test_cursor_reads_the_variable_in_its_own_words() -> None:
    assert json.loads(made("cursor"))["mcpServers"]["jupyter-ada"] == {
        "url": URL,
        "headers": {"Authorization": "token ${env:JUPYTERHUB_TOKEN}"},
    }


def test_vscode_asks_for_the_token_once() -> None:
    found = json.loads(made("vscode", made("vscode", '{"inputs": [{"id": "mine", "type": "promptString"}]}')))

    assert found["servers"]["jupyter-ada"]["headers"] == {"Authorization": "token ${input:jupyter-ada-token}"}
    assert [(one["id"], one.get("password")) for one in found["inputs"]] == [
        ("mine", None),
        ("jupyter-ada-token", True),
    ]


def test_codex_keeps_every_other_line_of_its_file() -> None:
    assert made("codex", OTHERS) == f"{OTHERS}\n{CODEX_TABLE}"
    assert made("codex") == CODEX_TABLE
    assert made("codex", made("codex", OTHERS)) == made("codex", OTHERS)


@pytest.mark.parametrize("head", ["[mcp_servers.jupyter-ada]", '[mcp_servers."jupyter-ada"]  # mine'])
def test_an_older_table_of_codex_is_replaced_and_its_neighbours_stay(head: str) -> None:
    text = f'{head}\nurl = "https://old.lab.internal/"\ntimeout = 3\n\n[mcp_servers.docs]\ncommand = "docs"\n'

    found = made("codex", text)

    assert tomllib.loads(found)["mcp_servers"] == tomllib.loads(CODEX_TABLE)["mcp_servers"] | {
        "docs": {"command": "docs"}
    }
    assert found.startswith('[mcp_servers.docs]\ncommand = "docs"\n')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mcp_servers = {docs = {command = 'docs'}}\n", "written in a way that is not changed here"),
        ("[mcp_servers.jupyter-ada]\nurl = 'a'\n[mcp_servers.jupyter-ada.env]\nA = 'b'\n", "not changed here"),
        ("mcp_servers = 1\n", "not a table"),
        ("model = \n", "it is not TOML"),
    ],
)
def test_a_table_that_cannot_be_changed_line_by_line_is_left_alone(text: str, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        made("codex", text)


@pytest.mark.parametrize("client", ["claude", "vscode", "cursor"])
def test_other_entries_keep_their_order_and_the_file_its_indentation(client: str) -> None:
    section = "servers" if client == "vscode" else "mcpServers"
    text = f'{{\n    "z": 1,\n    "{section}": {{\n        "mine": {{\n            "url": "ä"\n        }}\n    }}\n}}\n'

    found = made(client, text)

    assert found.startswith(text.removesuffix("\n        }\n    }\n}\n"))
    assert list(json.loads(found)[section]) == ["mine", "jupyter-ada"]
    assert made(client, found) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{// mine\n}", "it is not JSON"),
        ('{"mcpServers": ', "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ('{"mcpServers": []}', "its `mcpServers` is not an object"),
    ],
)
def test_a_file_that_cannot_be_read_is_never_replaced(text: str, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        made("claude", text)


def test_an_endpoint_is_escaped_as_the_hub_does_and_its_key_is_one_that_clients_take() -> None:
    found = server_endpoint("https://hub.lab.internal", "grace+h@example.net")

    assert found.url == "https://hub.lab.internal/user/grace%2Bh@example.net/mcp"
    assert found.key == "jupyter-grace-h-example-net"
    assert hub_endpoint("https://hub.lab.internal/").url == "https://hub.lab.internal/services/mcp"


@pytest.mark.parametrize("client", CLIENTS)
def test_no_clients_file_holds_a_token(client: str) -> None:
    """Each names a variable or a question: such files are kept in git."""
    text = CLIENTS[client].merged("", ADA)

    assert "JUPYTERHUB_TOKEN" in text or "${input:" in text
