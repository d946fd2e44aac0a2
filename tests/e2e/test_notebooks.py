"""What users do: sign in, start a server, run code, keep a secret; and what they cannot do to each other."""

import json
import re
import stat
from pathlib import Path

from tests.e2e.stack import InstalledStack, Person

_VAULT_TOKEN = re.compile(rb"\b(?:hvs|hvb|s|b)\.[A-Za-z0-9]{24}\b")
"""A token of Vault's or OpenBao's own."""
STORE = "from buunstack import SecretStore; secrets = SecretStore(); "


def test_a_notebook_keeps_a_secret_and_reads_it_back(alice: Person) -> None:
    printed = alice.run(
        STORE + "secrets.put('api-keys', openai='sk-1', other='2'); print(secrets.get('api-keys', 'openai'))"
    )

    assert printed == "sk-1\n"


def test_a_user_cannot_read_anothers_secret(alice: Person, bob: Person) -> None:
    alice.run(STORE + "secrets.put('private', word='alice-only')")

    printed = bob.run(
        STORE + "print(secrets.list(), 'private' in secrets.list())\n"
        "try: print(secrets.get('../alice/private'))\n"
        "except Exception as error: print(type(error).__name__)"
    )

    assert "alice-only" not in printed
    assert "False" in printed


def test_a_user_cannot_read_anothers_home_environment_or_the_stacks_secrets(alice: Person, bob: Person) -> None:
    state = alice.stack.state
    alice.run("open('diary.txt', 'w').write('dear diary')")
    server = json.loads(next((state / "run" / "servers").glob("alice*.json")).read_text())["pid"]
    targets = [
        state / "homes" / "alice" / "diary.txt",
        Path(f"/proc/{server}/environ"),
        state / "secrets" / "admin-service-token",
        state / "secrets" / "seal.key",
        state / "hub" / "jupyterhub.sqlite",
    ]

    printed = bob.run(
        f"for path in {[str(path) for path in targets]}:\n"
        "    try: open(path, 'rb').read(); print('READ', path)\n"
        "    except OSError as error: print(type(error).__name__)"
    )

    assert printed.split() == ["PermissionError"] * len(targets)


def test_a_stopped_servers_secret_token_is_dead(stack: InstalledStack) -> None:
    carol = stack.person("carol")
    carol.spawn()
    token = carol.run(_PRINT_TOKEN).strip()
    assert _status(stack, token) == 200

    carol.stop()

    from tests.e2e.stack import eventually

    eventually(lambda: _status(stack, token) == 403, "the token to be refused")


def test_terminals_and_pip_work_inside_the_confinement(alice: Person) -> None:
    printed = alice.run(
        "import multiprocessing, os, pty, subprocess, sys\n"
        "print(multiprocessing.get_context('fork').Pool(1).map(abs, [-7]))\n"
        "print(subprocess.run(['git', 'init', '-q', 'repo']).returncode)\n"
        "controller, terminal = pty.openpty(); print(os.isatty(terminal))\n"
        "print(subprocess.run([sys.executable, '-m', 'venv', '--without-pip', 'mine']).returncode)"
    )

    assert printed.split() == ["[7]", "0", "True", "0"]


def test_everything_in_the_state_directory_is_private(stack: InstalledStack, alice: Person) -> None:
    assert stat.S_IMODE(stack.state.stat().st_mode) == 0o700
    open_files = [path for path in (stack.state / "secrets").iterdir() if stat.S_IMODE(path.stat().st_mode) != 0o600]
    assert open_files == []


def test_no_vault_token_is_in_a_log_a_file_a_command_line_the_database_or_a_plan(
    stack: InstalledStack, alice: Person
) -> None:
    alice.run(STORE + "secrets.put('k', value='v')")
    mine = alice.run(_PRINT_TOKEN).strip()
    folders = [stack.state / name for name in ("log", "conf", "hub", "run", "site")]
    kept = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    shown = stack.inv("plan", "--json").stdout + stack.inv("plan").stdout + stack.inv("logs", "hub").stdout

    found = [str(path) for path in (*kept, *Path("/proc").glob("[0-9]*/cmdline")) if _VAULT_TOKEN.search(_read(path))]

    assert _VAULT_TOKEN.fullmatch(mine.encode())
    assert found == []
    assert _VAULT_TOKEN.search(shown.encode()) is None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # a process that has ended
        return b""


def test_no_secret_is_in_a_log_a_command_line_or_the_rendered_files(stack: InstalledStack, alice: Person) -> None:
    alice.run(STORE + "secrets.put('k', value='a-very-secret-value')")
    secrets = [
        path.read_text().strip() for path in (stack.state / "secrets").iterdir() if not path.name.endswith(".key")
    ]
    secrets += ["a-very-secret-value", (stack.state / "secrets" / "seal.key").read_text().strip()]
    places = [
        *(stack.state / "log").iterdir(),
        *(stack.state / "conf").iterdir(),
        *Path("/proc").glob("[0-9]*/cmdline"),
    ]

    found = []
    for place in places:
        try:
            text = place.read_bytes()
        except OSError:
            continue
        found += [place for secret in secrets if secret.encode() in text]
    assert found == []


_PRINT_TOKEN = """
import os, json, urllib.request, ssl
def post(url, **headers):
    context = ssl.create_default_context(cafile=os.environ["VAULT_CACERT"]) if url.startswith("https") else None
    request = urllib.request.Request(url, method="POST", headers=headers)
    return json.load(urllib.request.urlopen(request, context=context))
mine = "token " + os.environ["JUPYTERHUB_API_TOKEN"]
got = post(os.environ["JUPYTERHUB_API_URL"] + "/vault-token", Authorization=mine)
opened = post(got["address"] + "/v1/sys/wrapping/unwrap", **{"X-Vault-Token": got["wrapped_token"]})
print(opened["auth"]["client_token"])
"""


def _status(stack: InstalledStack, token: str) -> int:
    import requests

    port = json.loads((stack.state / "conf" / "facts.json").read_text())["ports"]["vault_port"]
    session = requests.Session()
    session.trust_env = False
    answer = session.get(
        f"https://127.0.0.1:{port}/v1/auth/token/lookup-self",
        headers={"X-Vault-Token": token},
        verify=str(stack.state / "tls" / "ca.pem"),
        timeout=10,
    )
    return answer.status_code
