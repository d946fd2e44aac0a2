"""A user's notebook server as a tool of that user's assistant, and of nobody else's."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from apply import mcpaccess, mcpsetup
from apply.mcpchecks import NAMES
from apply.mcpsetup import Wanted
from apply.target import target
from hub.names import segment
from spec.errors import StackError
from tests.e2e.assistant import asked, said, token_of, tools
from tests.e2e.stack import InstalledStack, Person, eventually
from tests.openbao import free_port

pytestmark = pytest.mark.timeout(240)
ADA = "ada+l@example.net"
"""A name that is written otherwise in an address, so that every test here is one of such names."""
METHODS = ("initialize", "tools/list")
LIFE = {
    "vault": {"enabled": False},
    "culling": {"enabled": False},
    "hub": {"host": "localhost", "tls": "self-signed"},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    """With assistants; the last test switches them off."""
    stack = InstalledStack(tmp_path_factory.mktemp("stack"), mcp={"enabled": True}, **LIFE)
    stack.install()
    yield stack
    stack.remove()


@pytest.fixture(scope="module")
def ada(stack: InstalledStack) -> Person:
    """With a running server."""
    ada = stack.person(ADA)
    ada.spawn()
    return ada


@pytest.fixture(scope="module")
def token(ada: Person) -> str:
    """Of ada's assistant."""
    return token_of(ada)


@pytest.fixture(scope="module")
def bob(stack: InstalledStack) -> Person:
    """Without a server."""
    return stack.person("bob")


def test_an_assistant_makes_a_notebook_runs_a_cell_and_reads_its_output(ada: Person, token: str) -> None:
    _, ran, read = said(
        ada,
        token,
        ("use_notebook", {"notebook_name": "answer", "notebook_path": "answer.ipynb", "mode": "create"}),
        ("insert_execute_code_cell", {"cell_index": -1, "cell_source": "print(6 * 7)"}),
        ("read_cell", {"cell_index": 1}),
    )

    assert ran == "42\n"
    assert "42\n" in read
    saved = lambda: "42\\n" in (ada.stack.state / "homes" / segment(ADA) / "answer.ipynb").read_text()  # noqa: E731
    assert eventually(saved, "the notebook is saved with its output") is True


def test_nobody_else_gets_in_and_nothing_runs_for_them(ada: Person, bob: Person) -> None:
    code = {"name": "execute_code", "arguments": {"code": "open('/tmp/buunstack-was-here', 'w')"}}

    for wrong in (None, "0" * 32, token_of(bob)):
        statuses = [asked(ada, method, wrong).status_code for method in METHODS]
        assert [*statuses, asked(ada, "tools/call", wrong, **code).status_code] == [403, 403, 403]
    assert not (ada.stack.state / "homes" / segment(ADA) / ".tmp" / "buunstack-was-here").exists()
    assert not Path("/tmp/buunstack-was-here").exists()


def test_a_token_in_an_address_is_refused(ada: Person, token: str) -> None:
    assert asked(ada, "tools/list", None, f"?token={token}").status_code == 403
    assert asked(ada, "tools/list", token).status_code == 200


def test_status_finds_all_well_and_leaves_no_token_and_no_user_behind(stack: InstalledStack, ada: Person) -> None:
    before = (users(stack), tokens(stack))

    told = json.loads(stack.inv("mcp.status", ADA, "--json").stdout)

    assert told["ok"] is True
    assert {check["name"]: check["state"] for check in told["checks"]} == dict.fromkeys(NAMES, "ok")
    assert "use_notebook" in told["tools"]
    assert (users(stack), tokens(stack)) == before


def test_an_interrupted_status_leaves_no_token_and_no_user_behind(stack: InstalledStack, ada: Person) -> None:
    before = tokens(stack)
    running = stack.start("mcp.status", ADA)
    assert running.stderr
    for line in running.stderr:
        if "listing the tools" in line:
            break
    assert len(tokens(stack)) == len(before) + 1

    os.kill(running.pid, signal.SIGINT)

    running.communicate(timeout=30)
    assert running.returncode == 130
    assert tokens(stack) == before


def test_strangers_whom_killed_checks_have_left_are_removed_when_their_time_is_over(stack: InstalledStack) -> None:
    left = f"{mcpaccess.STRANGER}0000aaaa"
    stack.ask_hub(f"users/{left}", "POST")
    with target(str(stack.spec), str(stack.state)).hub() as hub:
        mcpaccess.remove_strangers(hub, 3600)
        assert left in users(stack)

        mcpaccess.remove_strangers(hub, 0)

    assert left not in users(stack)


def test_status_of_what_does_not_run_or_is_not_there_says_so_with_a_code_for_scripts(
    stack: InstalledStack, bob: Person
) -> None:
    unknown = stack.inv("mcp.status", "nobody", code=1)
    stopped = stack.inv("mcp.status", "bob", code=5)

    assert "the hub knows no user 'nobody'" in unknown.stderr
    assert "server: does not run\n  hint: inv server.start bob" in stopped.stderr
    assert "endpoint     skipped" in stopped.stdout


def test_status_tells_why_the_last_start_failed(stack: InstalledStack) -> None:
    stack.person("carol")
    home = stack.state / "homes" / "carol"
    home.mkdir(mode=0o700, parents=True)
    (home / ".tmp").touch()
    stack.ask_hub("users/carol/server", "POST")

    failed = stack.inv("mcp.status", "carol", code=5)

    assert ".tmp in your home has to be a folder" in failed.stderr


def test_setup_writes_the_clients_file_beside_what_is_in_it_and_no_token(
    stack: InstalledStack, ada: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"mine": {"command": "a"}}}')

    setup(stack, ADA, Wanted(client="claude"))

    written = json.loads((tmp_path / ".mcp.json").read_text())["mcpServers"]
    assert written["mine"] == {"command": "a"}
    assert written["jupyter-ada-l-example-net"] == {
        "type": "http",
        "url": f"{stack.url}/user/ada%2Bl@example.net/mcp",
        "headers": {"Authorization": "token ${JUPYTERHUB_TOKEN}"},
    }
    told = capsys.readouterr()
    assert "use_notebook" in told.out
    assert str(stack.state / "tls" / "ca.pem") in told.out
    assert "export JUPYTERHUB_TOKEN=<a token of the user>" in told.out


def test_setup_leaves_a_file_that_it_cannot_read_as_it_is_and_shows_what_to_add(
    stack: InstalledStack, bob: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".vscode" / "mcp.json"
    file.parent.mkdir()
    file.write_text("{// mine\n}")

    with pytest.raises(StackError) as refused:
        setup(stack, "bob", Wanted(client="vscode"))

    assert f"{file} is left as it is: it is not JSON" in refused.value.message
    assert '"Authorization": "token ${input:jupyter-bob-token}"' in refused.value.message
    assert [(one.name, one.read_text()) for one in file.parent.iterdir()] == [("mcp.json", "{// mine\n}")]


def test_setup_works_without_a_running_server_and_invents_no_tools(stack: InstalledStack, bob: Person) -> None:
    told = json.loads(stack.inv("mcp.setup", "bob", "--json").stdout)

    assert (told["tools"], told["note"]) == (None, "not listed: the server does not run")
    assert told["url"] == f"{stack.url}/user/bob/mcp"
    assert "the hub knows no user 'nobody'" in stack.inv("mcp.setup", "nobody", code=1).stderr
    hub = json.loads(stack.inv("mcp.setup", "bob", "--hub", "--json").stdout)
    assert (hub["key"], hub["url"]) == ("jupyterhub", f"{stack.url}/services/mcp")


def test_a_token_that_is_asked_for_opens_this_server_alone_and_ends(stack: InstalledStack, ada: Person) -> None:
    told = json.loads(stack.inv("mcp.setup", ADA, "--with-token", "--expires", "1h", "--json").stdout)

    assert "execute_cell" in tools(ada, told["token"])
    assert stack.ask_hub(f"users/{quote(ADA)}", token=told["token"]).json()["name"] == ADA
    assert stack.ask_hub(f"users/{quote(ADA)}/tokens", "POST", told["token"]).status_code == 403
    (entry,) = [
        one
        for one in stack.ask_hub(f"users/{quote(ADA)}/tokens").json()["api_tokens"]
        if one["note"] == "inv mcp.setup"
    ]
    assert entry["expires_at"]


def test_a_hub_that_is_down_is_told_from_a_server_that_is(stack: InstalledStack, ada: Person) -> None:
    os.kill(stack.pid("hub"), signal.SIGKILL)

    down = stack.inv("mcp.status", ADA, code=5)
    config = json.loads(stack.inv("mcp.setup", ADA, "--json").stdout)

    assert "hub: the hub does not answer at http://127.0.0.1:" in down.stderr
    assert config["url"] == f"{stack.url}/user/ada%2Bl@example.net/mcp"
    eventually(stack.healthy, "the hub is back")


def test_switched_off_the_endpoint_is_gone_even_where_the_extension_is_installed(
    stack: InstalledStack, bob: Person
) -> None:
    (environment,) = (stack.state / "profiles").glob("notebook-*")
    stack.declare(**LIFE)
    stack.install()
    bob.spawn()

    assert asked(bob, "tools/list", token_of(bob)).status_code == 404
    assert "mcp.enabled: false" in stack.inv("mcp.status", "bob", code=1).stderr
    assert "mcp: {enabled: true}" in stack.inv("mcp.setup", "bob", code=1).stderr
    assert plain_server(environment, stack.state / "notebook") == 404
    stack.declare(mcp={"enabled": True}, **LIFE)
    missing = stack.inv("mcp.status", "bob", code=1).stderr
    assert "404, so the server has no MCP extension" in missing
    assert "inv install, then bob stops the server and starts it again" in missing


def setup(stack: InstalledStack, user: str, wanted: Wanted) -> None:
    """`inv mcp.setup` in the current folder."""
    mcpsetup.setup(str(stack.spec), str(stack.state), user, wanted, as_json=False)


def users(stack: InstalledStack) -> set[str]:
    return {user["name"] for user in stack.ask_hub("users").json()}


def tokens(stack: InstalledStack) -> set[str]:
    """Of ada."""
    return {token["id"] for token in stack.ask_hub(f"users/{quote(ADA)}/tokens").json()["api_tokens"]}


def plain_server(environment: Path, settings: Path) -> int:
    """How the endpoint of a server with the extension and the stack's settings answers its own token."""
    port = free_port()
    command = [str(environment / "bin" / "python"), "-m", "jupyter_server", "--allow-root", f"--port={port}"]
    variables = {**os.environ, "JUPYTER_CONFIG_PATH": str(settings), "JUPYTER_TOKEN": "mine"}
    process = subprocess.Popen(command, cwd=settings, env=variables, stdout=-3, stderr=-3, stdin=-3)
    try:
        get = lambda: _status("GET", f"http://127.0.0.1:{port}/api/status") == 200  # noqa: E731
        eventually(get, "the server answers", 60)
        return _status("POST", f"http://127.0.0.1:{port}/mcp")
    finally:
        process.terminate()
        process.wait(20)


def _status(method: str, url: str) -> int:
    headers = {"Authorization": "token mine"}
    try:
        return requests.request(method, url, headers=headers, json={}, timeout=10, proxies={"http": ""}).status_code
    except requests.ConnectionError:
        return 0
