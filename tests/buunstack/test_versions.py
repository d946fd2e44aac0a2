"""The versions of a secret: what is known of them, reading an older one, taking one away and bringing it back."""

import datetime

import pytest

from buunstack import InvalidKey, InvalidValue, SecretNotFound, SecretStore
from tests.buunstack.conftest import Notebook


@pytest.fixture
def changed(store: SecretStore) -> SecretStore:
    """A store whose secret `k` has the values one, two, three."""
    for value in ("one", "two", "three"):
        store.put("k", a=value)
    return store


def test_the_history_names_each_version_newest_first(changed: SecretStore) -> None:
    now = datetime.datetime.now(datetime.UTC)
    history = changed.history("k")

    assert [entry.version for entry in history] == [3, 2, 1]
    assert {(entry.deleted, entry.destroyed) for entry in history} == {(None, False)}
    assert history[2].created <= history[0].created <= now
    assert now - history[2].created < datetime.timedelta(minutes=1)


def test_the_history_shows_no_value(changed: SecretStore) -> None:
    assert "three" not in repr(changed.history("k"))


def test_the_history_tells_deleted_and_destroyed_versions(changed: SecretStore, notebook: Notebook) -> None:
    changed.delete("k", version=2)
    notebook.bao.ok("POST", f"secret/destroy/{notebook.home}/k", body={"versions": [1]})
    three, two, one = changed.history("k")

    assert two.deleted is not None
    assert two.created <= two.deleted <= datetime.datetime.now(datetime.UTC)
    assert not two.destroyed
    assert one.destroyed
    assert (three.deleted, three.destroyed) == (None, False)


def test_more_versions_than_ten_are_forgotten_from_the_oldest(store: SecretStore) -> None:
    for number in range(12):
        store.put("k", a=str(number))

    assert [entry.version for entry in store.history("k")] == [*range(12, 2, -1)]
    with pytest.raises(SecretNotFound, match="Version 1 of the secret 'k' does not exist"):
        store.get("k", version=1)


def test_an_older_version_is_read_whole_or_by_field(changed: SecretStore) -> None:
    assert changed.get("k", version=1) == {"a": "one"}
    assert changed.get("k", "a", version=2) == "two"
    assert changed.get("k", "a", version=3) == changed.get("k", "a") == "three"


def test_a_version_or_secret_that_is_not_there_is_not_found(changed: SecretStore) -> None:
    for operation in (
        lambda: changed.get("k", version=4),
        lambda: changed.delete("k", version=4),
        lambda: changed.undelete("k", version=4),
    ):
        with pytest.raises(SecretNotFound, match=r"no version 4|Version 4 of the secret 'k' does not exist"):
            operation()
    for operation in (
        lambda: changed.history("nope"),
        lambda: changed.undelete("nope"),
        lambda: changed.delete("nope", version=1),
    ):
        with pytest.raises(SecretNotFound, match="There is no secret 'nope'"):
            operation()


@pytest.mark.parametrize("version", [0, -1, "2", 1.0, True])
def test_what_is_no_number_of_a_version_is_refused(changed: SecretStore, version: int) -> None:
    for operation in (changed.get, changed.delete, changed.undelete):
        with pytest.raises(InvalidValue, match=r"history\(\) has the numbers"):
            operation("k", version=version)
    assert changed.get("k", "a") == "three"


@pytest.mark.parametrize("operation", ["history", "undelete"])
def test_a_name_that_would_leave_the_home_is_refused(store: SecretStore, operation: str) -> None:
    with pytest.raises(InvalidKey):
        getattr(store, operation)("../bob/k")


def test_a_deleted_version_is_not_read_and_the_others_are(changed: SecretStore) -> None:
    changed.delete("k", version=2)

    with pytest.raises(SecretNotFound, match=r"Version 2 of the secret 'k' was deleted\. history\('k'\) shows"):
        changed.get("k", version=2)
    assert changed.get("k", "a") == "three"
    assert changed.get("k", "a", version=1) == "one"


def test_a_deleted_version_is_brought_back(changed: SecretStore) -> None:
    changed.delete("k", version=2)
    changed.undelete("k", version=2)

    assert changed.get("k", "a", version=2) == "two"
    assert {entry.deleted for entry in changed.history("k")} == {None}


def test_the_newest_version_is_brought_back_unless_one_is_named(changed: SecretStore) -> None:
    changed.delete("k", version=3)
    changed.delete("k", version=1)
    with pytest.raises(SecretNotFound, match="The secret 'k' was deleted"):
        changed.get("k")
    changed.undelete("k")

    assert changed.get("k", "a") == "three"
    with pytest.raises(SecretNotFound):
        changed.get("k", version=1)


def test_bringing_back_what_is_not_deleted_changes_nothing(changed: SecretStore) -> None:
    before = changed.history("k")
    changed.undelete("k")

    assert changed.history("k") == before


def test_a_destroyed_version_is_gone_for_good(changed: SecretStore, notebook: Notebook) -> None:
    notebook.bao.ok("POST", f"secret/destroy/{notebook.home}/k", body={"versions": [3]})

    with pytest.raises(SecretNotFound, match="The secret 'k' was destroyed, for good"):
        changed.get("k")
    for operation in (changed.undelete, lambda key: changed.delete(key, version=3)):
        with pytest.raises(SecretNotFound, match="Version 3 of the secret 'k' was destroyed, for good"):
            operation("k")


def test_a_secret_deleted_as_a_whole_does_not_come_back(changed: SecretStore) -> None:
    changed.delete("k")

    with pytest.raises(SecretNotFound, match="There is no secret 'k'"):
        changed.undelete("k")


def test_a_field_is_not_deleted_from_one_version(changed: SecretStore) -> None:
    with pytest.raises(InvalidValue, match="a field or a version, not both"):
        changed.delete("k", "a", version=1)

    assert changed.get("k", "a", version=1) == "one"


def test_a_secret_that_administrators_described_but_nobody_stored_has_no_versions(
    store: SecretStore, notebook: Notebook
) -> None:
    notebook.bao.ok("POST", f"secret/metadata/{notebook.home}/k", body={"max_versions": 3})

    assert store.history("k") == []
    with pytest.raises(SecretNotFound, match="has no version 1"):
        store.undelete("k")


def test_a_version_with_a_time_to_live_says_when_it_ends(store: SecretStore, notebook: Notebook) -> None:
    notebook.bao.ok("POST", f"secret/metadata/{notebook.home}/k", body={"delete_version_after": "1h"})
    store.put("k", a="1")
    [entry] = store.history("k")

    assert entry.deleted is not None
    assert entry.deleted - entry.created == datetime.timedelta(hours=1)
    assert store.get("k", "a") == "1"
