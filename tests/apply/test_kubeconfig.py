"""A kubeconfig is read, and whatever is wrong with it is said in words, without what it keeps secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from apply.kubeconfig import access
from spec.errors import StackError


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a kubeconfig with changes and makes it the current one."""

    def write(cluster: Any = None, user: Any = None, current: str = "lab", text: str | None = None) -> Path:
        content = {
            "current-context": current,
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "ada"}}],
            "clusters": [{"name": "lab", "cluster": {"server": "https://127.0.0.1:1", **(cluster or {})}}],
            "users": [{"name": "ada", "user": {"token": "s3cr3t-t0ken"} if user is None else user}],
        }
        file = tmp_path / "config"
        file.write_text(yaml.safe_dump(content) if text is None else text)
        monkeypatch.setenv("KUBECONFIG", str(file))
        return file

    return write


def test_a_token_goes_into_the_header_and_nowhere_else(kubeconfig: Any) -> None:
    kubeconfig()

    found = access(None)

    assert found.server == "https://127.0.0.1:1"
    assert found.headers == {"Authorization": "Bearer s3cr3t-t0ken"}
    assert "s3cr3t" not in repr(found)


def test_a_token_file_is_found_beside_the_kubeconfig(kubeconfig: Any) -> None:
    file = kubeconfig(user={"tokenFile": "token"})
    (file.parent / "token").write_text("from-a-file\n")

    assert access(None).headers == {"Authorization": "Bearer from-a-file"}


def test_a_login_plugin_is_run(kubeconfig: Any, tmp_path: Path) -> None:
    plugin = tmp_path / "login"
    plugin.write_text(
        '#!/bin/sh\necho \'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",'
        ' "status": {"token": "from-a-plugin"}}\'\n'
    )
    plugin.chmod(0o755)
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    kubeconfig(user={"exec": exec_})

    assert access(None).headers == {"Authorization": "Bearer from-a-plugin"}


def test_an_unknown_context_is_named_with_those_there_are(kubeconfig: Any) -> None:
    kubeconfig()

    with pytest.raises(StackError, match="no context 'prod'") as caught:
        access("prod")
    assert "lab" in caught.value.hint


def test_no_kubeconfig_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))

    with pytest.raises(StackError, match=r"there is no kubeconfig: .*nowhere"):
        access(None)


def test_an_unverified_server_is_refused(kubeconfig: Any) -> None:
    kubeconfig(cluster={"insecure-skip-tls-verify": True})

    with pytest.raises(StackError, match="skips the check"):
        access(None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "{secret: [s3cr3t"}, "cannot be read"),
        ({"text": "just words"}, "no mapping"),
        ({"cluster": {"certificate-authority-data": "!!!"}}, "not base64"),
        ({"cluster": {"certificate-authority-data": "czNjcjN0"}}, "no certificate"),
        ({"cluster": {"certificate-authority": "absent.pem"}}, "absent.pem"),
        ({"user": {"client-certificate-data": "czNjcjN0", "client-key-data": "czNjcjN0"}}, "no pair"),
    ],
)
def test_what_is_wrong_in_it_is_said_without_its_secrets(kubeconfig: Any, changes: Any, words: str) -> None:
    kubeconfig(**changes)

    with pytest.raises(StackError, match=words) as caught:
        access(None)
    assert "s3cr3t" not in caught.value.text()
