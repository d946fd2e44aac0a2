"""The hub's settings: read whole, or refused with the file and the key."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.settings import SettingsError, load_settings
from tests.hub import examples


def _written(folder: Path, content: Any) -> Path:
    path = folder / "settings.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def _refusal(folder: Path, content: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(_written(folder, content))
    message = str(refused.value)
    assert message.startswith(f"{folder / 'settings.json'}: ")
    return message.partition(": ")[2]


def test_whole_settings_are_read(tmp_path: Path) -> None:
    loaded = load_settings(_written(tmp_path, examples.settings()))

    assert loaded.auth.admin_users == ("admin",)
    assert loaded.profiles[0].slug == "minimal"
    assert loaded.vault is not None
    assert loaded.vault.ttl_seconds == 3600
    assert loaded.local is not None
    assert loaded.local.tls is None


def test_a_stack_without_vault_and_of_another_target_is_read(tmp_path: Path) -> None:
    loaded = load_settings(_written(tmp_path, examples.settings(vault=None, local=None)))

    assert (loaded.vault, loaded.local) == (None, None)


def test_nothing_of_them_can_be_changed(tmp_path: Path) -> None:
    loaded = load_settings(_written(tmp_path, examples.settings()))

    with pytest.raises(TypeError):
        loaded.notebook.environment["X"] = "1"  # type: ignore[index]
    with pytest.raises(AttributeError):
        loaded.title = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"surprise": 1}, "surprise: unknown key"),
        ({"vault": {**examples.VAULT, "adress": ""}}, "vault.adress: unknown key"),
        ({"culling": {}}, "culling.admins: missing"),
        ({"title": None}, "title: expected str, got NoneType"),
        ({"log_level": "loud"}, "log_level: 'loud' is none of debug, info, warning, error"),
        ({"auth": {**examples.AUTH, "allow_all": 1}}, "auth.allow_all: expected bool, got int"),
        (
            {"auth": {**examples.AUTH, "minimum_password_length": True}},
            "minimum_password_length: expected int, got bool",
        ),
        ({"auth": {**examples.AUTH, "admin_users": "admin"}}, "auth.admin_users: expected list, got str"),
        ({"profiles": [examples.profile("a"), 1]}, "profiles[1]: expected dict, got int"),
        ({"profiles": [examples.profile("a", groups=[1])]}, "profiles[0].groups[0]: expected str, got int"),
        (
            {"notebook": examples.settings()["notebook"] | {"environment": {"A": 1}}},
            "notebook.environment.A: expected str, got int",
        ),
        ({"vault": {**examples.VAULT, "ttl": "1 hour"}}, "vault.ttl: '1 hour' is not a duration"),
        ({"vault": {**examples.VAULT, "max_ttl": "12"}}, "vault.max_ttl: '12' is not a duration"),
        ({"vault": {**examples.VAULT, "delivery": "post"}}, "vault.delivery: 'post' is none of on_demand, env"),
        ({"vault": {**examples.VAULT, "jwt_file": "/token"}}, "exactly one of `jwt_file`, `jwt_key_file` and"),
        ({"vault": {**examples.VAULT, "jwt_key_file": None}}, "exactly one of `jwt_file`, `jwt_key_file` and"),
        ({"vault": {**examples.VAULT, "token_file": "/t"}}, "exactly one of `jwt_file`, `jwt_key_file` and"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    assert expected in _refusal(tmp_path, examples.settings(**changes))


def test_every_key_is_needed(tmp_path: Path) -> None:
    for key in examples.settings():
        content = examples.settings()
        del content[key]

        assert f"{key}: missing" in _refusal(tmp_path, content)


def test_what_is_no_json_object_is_refused(tmp_path: Path) -> None:
    assert "is not JSON" in _refusal(tmp_path, "{")
    assert "expected dict, got list" in _refusal(tmp_path, [])


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_settings(tmp_path / "settings.json")
