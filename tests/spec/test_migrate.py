"""buun-stack's variables become a stack file that is valid, with its comments and without its secrets."""

import itertools
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from apply import migration
from spec.errors import StackError
from spec.load import parse
from spec.migrate import MEANINGS, WITHOUT_EFFECT, NotMigrated, migrated, variables

FILE = """\
# The lab's hub
JUPYTERHUB_HOST=jupyter.lab.internal
export JUPYTERHUB_NAMESPACE=datastack
KEYCLOAK_HOST="auth.lab.internal"

# Homes live on the NAS,
# since 2024
JUPYTERHUB_NFS_PV_ENABLED=true
JUPYTER_NFS_IP=192.168.10.1  # the small one
JUPYTER_NFS_PATH='/volume1/drive 1/jupyter'
JUPYTERHUB_VAULT_INTEGRATION_ENABLED=true
VAULT_HOST=vault.lab.internal
VAULT_ADDR=https://vault.example.com
VAULT_TOKEN=hvs.very-secret-one
JUPYTERHUB_CULL_MAX_AGE=604800
JUPYTERHUB_AIRFLOW_DAGS_PERSISTENCE_ENABLED=true

# At the end.
"""


def content(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(migrated(text).text)
    return found


def test_a_file_becomes_a_valid_stack_with_its_values() -> None:
    made = content(FILE)

    assert parse(migrated(FILE).text, "stack.yaml")[0].name == "jupyterhub"
    assert (made["target"]["namespace"], made["hub"]["host"]) == ("datastack", "jupyter.lab.internal")
    assert made["storage"] == {
        "kind": "nfs",
        "nfs": {"server": "192.168.10.1", "path": "/volume1/drive 1/jupyter", "folder": "{username}"},
        "volumes": {"airflow-dags": {"claim": "airflow-dags-pvc", "path": "/home/jovyan/airflow-dags"}},
    }
    assert made["vault"] == {"enabled": True, "address": "https://vault.lab.internal", "preset": "buun-stack"}
    assert made["auth"]["keycloak"]["url"] == "https://auth.lab.internal"
    assert set(made["egress"]) >= {"postgres", "qdrant", "minio", "web"}


def test_comments_stay_with_what_they_are_about() -> None:
    text = migrated(FILE).text

    assert "  # The lab's hub\n  host: jupyter.lab.internal\n" in text
    assert "  # Homes live on the NAS,\n  # since 2024\n  kind: nfs\n" in text
    assert "    # the small one\n    server: 192.168.10.1\n" in text
    assert "# At the end.\n" in text.partition("version:")[0]


def test_what_is_unknown_and_what_never_had_an_effect_is_named_and_no_secret_is_shown() -> None:
    made = migrated(FILE + "MY_OWN=1\n")
    told = "\n".join(made.notes)

    assert "line 13: VAULT_ADDR is left out: buun-stack made it from VAULT_HOST" in told
    assert "line 14: VAULT_TOKEN is unknown here, and left out" in told
    assert "MY_OWN is unknown here" in told
    assert "very-secret" not in told + made.text


def test_a_server_ends_before_its_token() -> None:
    made = migrated(FILE)

    assert content(FILE)["culling"]["max_age"] == "6d"
    assert any("culling.max_age is 6d" in note for note in made.notes)
    assert content(FILE.replace("604800", "432000"))["culling"]["max_age"] == "5d"


def test_an_empty_file_is_what_buun_stack_does_by_itself_with_what_it_asked_for_left_open() -> None:
    made = migrated("")

    stack, _ = parse(made.text, "stack.yaml")
    assert (stack.auth.kind, stack.auth.allow_all, stack.vault.enabled) == ("keycloak", True, False)
    assert [note.partition(" ")[0] for note in made.notes] == [
        "target.namespace:",
        "chart.version:",
        "hub.host",
        "auth.keycloak.url",
        "auth.keycloak.client_secret",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not a variable", "line 1: neither NAME=VALUE nor a comment"),
        ("JUPYTERHUB_GPU_ENABLED=perhaps", "line 1: JUPYTERHUB_GPU_ENABLED is neither true nor false"),
        ("JUPYTERHUB_CULL_MAX_AGE=7d", "line 1: JUPYTERHUB_CULL_MAX_AGE is no whole number"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(line: str, words: str) -> None:
    with pytest.raises(NotMigrated, match=re.escape(words)):
        migrated(line)


def test_values_are_read_as_a_shell_reads_them(tmp_path: Path) -> None:
    text = 'A=plain\nexport B=\'sin gle # no comment\'\nC="dou \\"ble\\" x"\nD=  # empty\nE=a-b_c/d:1\nA=again\n'
    (tmp_path / "f").write_text(text)
    names = "ABCE"

    shown = subprocess.run(
        ["sh", "-c", '. ./f; for n in A B C E; do eval "printf \'%s\\n\' \\"\\$$n\\""; done'],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    found = {variable.name: variable.value for variable in variables(text)[0]}
    assert [found[name] for name in names] == shown.stdout.splitlines()
    assert found["D"] == ""


SWITCHES = {
    "profiles": [name for name in MEANINGS if name.startswith("JUPYTER_PROFILE_")],
    "features": [
        "JUPYTERHUB_GPU_ENABLED",
        "JUPYTERHUB_NFS_PV_ENABLED",
        "JUPYTERHUB_VAULT_INTEGRATION_ENABLED",
        "JUPYTER_MCP_SERVER_ENABLED",
        "MONITORING_ENABLED",
    ],
}
NEEDED = (
    "JUPYTER_NFS_IP=192.168.10.1\nJUPYTER_NFS_PATH=/v\nVAULT_HOST=vault.lab.internal\nKEYCLOAK_HOST=a.lab.internal\n"
)


@pytest.mark.parametrize("features", list(itertools.product(("true", "false"), repeat=5)), ids="-".join)
def test_every_combination_of_features_is_valid_with_each_profile(features: tuple[str, ...]) -> None:
    assert len(SWITCHES["profiles"]) == 8
    wanted = [f"{name}={value}" for name, value in zip(SWITCHES["features"], features, strict=True)]
    for profile in SWITCHES["profiles"]:
        text = NEEDED + "JUPYTERHUB_HOST=hub.lab.internal\n" + "\n".join([*wanted, f"{profile}=true"])

        stack, _ = parse(migrated(text).text, "stack.yaml")

        assert (stack.gpu.enabled, stack.storage.kind == "nfs", stack.vault.enabled, stack.mcp.enabled) == tuple(
            value == "true" for value in features[:4]
        )


def test_each_variable_has_one_meaning_and_a_key_that_there_is() -> None:
    assert not MEANINGS.keys() & WITHOUT_EFFECT.keys()
    assert len({meaning.path for meaning in MEANINGS.values()}) == len(MEANINGS)


def test_the_command_writes_once_and_replaces_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env, out = tmp_path / ".env.local", tmp_path / "stack.yaml"
    env.write_text(FILE)

    migration.write(str(env), str(out), False)

    told = capsys.readouterr()
    assert out.read_text() == migrated(FILE).text
    assert "VAULT_TOKEN is unknown" in told.err
    assert "very-secret" not in told.out + told.err
    with pytest.raises(StackError, match="is there already; nothing was written"):
        migration.write(str(env), str(out), False)
    with pytest.raises(StackError, match="cannot be read: No such file"):
        migration.write(str(tmp_path / "nothing"), str(out), True)
    env.write_text("x")
    with pytest.raises(StackError, match="line 1: neither"):
        migration.write(str(env), str(out), True)
    assert out.read_text() == migrated(FILE).text
