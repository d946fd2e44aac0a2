"""Secrets that a stack file names: where each form leads, and what is said when it leads nowhere."""

import base64
from pathlib import Path
from typing import Any

import pytest

from apply.references import Places, keep, kept, resolve
from apply.vault import Vault
from spec.errors import StackError
from tests.openbao import OpenBao

FIELD = "auth.keycloak.client_secret"


class Cluster:
    """Answers as an API server does for Secrets."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def get(self, path: str) -> dict[str, Any] | None:
        return self.objects.get(path)

    def create(self, path: str, body: dict[str, Any]) -> None:
        self.objects[f"{path}/{body['metadata']['name']}"] = body

    def replace(self, path: str, body: dict[str, Any]) -> None:
        self.objects[path] = body


def nobody() -> Any:
    raise AssertionError("nothing leads there")


def places(folder: Path, **other: Any) -> Places:
    return Places(folder, **{"vault": nobody, "kube": nobody, "namespace": "jupyter", "environ": {}} | other)


def test_a_variable(tmp_path: Path) -> None:
    there = places(tmp_path, environ={"SECRET": "s"})

    assert resolve("env:SECRET", FIELD, there) == "s"
    with pytest.raises(StackError, match=f"{FIELD}: env:OTHER leads to no secret"):
        resolve("env:OTHER", FIELD, there)
    with pytest.raises(StackError, match=f"{FIELD}: .* cannot be kept in an environment"):
        keep("env:OTHER", "value-of-it", FIELD, there)


def test_a_file_is_found_from_the_stack_files_folder_and_is_the_callers_alone(tmp_path: Path) -> None:
    there = places(tmp_path)
    assert kept("file:secrets/oidc", FIELD, there) is None

    keep("file:secrets/oidc", "s", FIELD, there)

    assert resolve("file:secrets/oidc", FIELD, there) == "s"
    assert (tmp_path / "secrets" / "oidc").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_used_names_the_field(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    for work in (lambda: kept("file:folder", FIELD, places(tmp_path)), lambda: _kept_below_a_file(tmp_path)):
        with pytest.raises(StackError) as found:
            work()
        assert found.value.message.startswith(f"{FIELD}: {tmp_path}")


def _kept_below_a_file(folder: Path) -> None:
    (folder / "file").write_text("a file")
    keep("file:file/secret", "s", FIELD, places(folder))


def test_a_secret_of_the_cluster_keeps_what_is_beside_it(tmp_path: Path) -> None:
    cluster = Cluster()
    there = places(tmp_path, kube=lambda: cluster)
    assert kept("k8s:oidc#client-secret", FIELD, there) is None

    keep("k8s:oidc#client-secret", "s", FIELD, there)
    keep("k8s:oidc#other", "t", FIELD, there)

    found = cluster.objects["/api/v1/namespaces/jupyter/secrets/oidc"]
    assert {name: base64.b64decode(value) for name, value in found["data"].items()} == {
        "client-secret": b"s",
        "other": b"t",
    }
    assert resolve("k8s:oidc#client-secret", FIELD, there) == "s"


def test_a_field_in_vault_keeps_what_is_beside_it(openbao: OpenBao, tmp_path: Path) -> None:
    with Vault(openbao.address, openbao.ca) as vault:
        vault.use(openbao.root_token)
        there = places(tmp_path, vault=lambda: vault)
        assert kept("vault:secret/jupyterhub/oidc#client-secret", FIELD, there) is None

        keep("vault:secret/jupyterhub/oidc#client-secret", "s", FIELD, there)
        keep("vault:secret/jupyterhub/oidc#other", "t", FIELD, there)

        assert resolve("vault:secret/jupyterhub/oidc#client-secret", FIELD, there) == "s"
        assert vault.read("secret/data/jupyterhub/oidc")["data"] == {"client-secret": "s", "other": "t"}


@pytest.mark.parametrize("reference", ["vault:secret/a", "vault:a#b", "k8s:oidc", "k8s:#key"])
def test_half_a_reference_says_what_is_one(reference: str, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=f"^{FIELD}: ") as found:
        kept(reference, FIELD, places(tmp_path))

    assert "vault:MOUNT/PATH#FIELD" in found.value.hint


def test_vault_that_refuses_names_the_field(openbao: OpenBao, tmp_path: Path) -> None:
    with Vault(openbao.address, openbao.ca) as vault:
        vault.use("nobodys-token")

        with pytest.raises(StackError, match=f"^{FIELD}: Vault refused GET secret/data/a") as found:
            resolve("vault:secret/a#b", FIELD, places(tmp_path, vault=lambda: vault))

    assert "nobodys-token" not in found.value.text()
