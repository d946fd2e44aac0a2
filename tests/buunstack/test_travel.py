"""What goes to another process: errors do; stores do not, and say what to do in Spark."""

import copy
import inspect
import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import buunstack
from buunstack import AsyncSecretStore, SecretStore, SecretStoreError
from tests.buunstack.conftest import Notebook

WAY_OUT = (
    r"is not pickled: its token must not travel\. In Spark, get the value on the driver and use that in the function, "
    r"or make a SecretStore\(\) inside the task\."
)
KINDS: dict[str, Callable[[], Any]] = {
    "SecretStore": SecretStore,
    "SharedSecrets": lambda: SecretStore().shared,
    "AsyncSecretStore": AsyncSecretStore,
    "AsyncSharedSecrets": lambda: AsyncSecretStore().shared,
}


class LikeCloudpickle(pickle.Pickler):
    """Asks for a reduction of each object itself before the default, and takes functions apart, as Spark's does."""

    def reducer_override(self, thing: Any) -> Any:
        """Functions as their closures, the rest as usual."""
        if inspect.isfunction(thing) and thing.__closure__:
            return (tuple, ([cell.cell_contents for cell in thing.__closure__],))
        return NotImplemented


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_store_is_not_pickled_and_says_what_to_do(notebook: Notebook, name: str, protocol: int) -> None:
    notebook.deliver()
    SecretStore().list()

    with pytest.raises(TypeError, match=f"^This {name} {WAY_OUT}$"):
        pickle.dumps(KINDS[name](), protocol)


@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy])
def test_a_store_is_not_copied(store: SecretStore, travel: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=WAY_OUT):
        travel(store)


def test_what_holds_a_store_is_not_pickled_either(store: SecretStore) -> None:
    for holder in ([store], {"secrets": store}, store.get):
        with pytest.raises(TypeError, match=WAY_OUT):
            pickle.dumps(holder)


def test_a_function_that_uses_a_store_does_not_travel_to_a_task(store: SecretStore) -> None:
    def task(row: str) -> str:
        return f"{row} {store.get('k', 'a')}"

    with pytest.raises(TypeError, match=WAY_OUT):
        LikeCloudpickle(io.BytesIO()).dump(task)


def test_a_function_that_uses_a_value_travels_to_a_task(store: SecretStore) -> None:
    store.put("k", a="1")
    value = store.get("k", "a")

    def task(row: str) -> str:
        return f"{row} {value}"

    written = io.BytesIO()
    LikeCloudpickle(written).dump(task)
    assert pickle.loads(written.getvalue()) == ("1",)


ERRORS = {
    thing for thing in vars(buunstack).values() if isinstance(thing, type) and issubclass(thing, SecretStoreError)
}


@pytest.mark.parametrize("kind", sorted(ERRORS, key=lambda kind: kind.__name__))
def test_an_error_travels(kind: type[SecretStoreError]) -> None:
    error = kind("It's so.")
    arrived = pickle.loads(pickle.dumps(error))

    assert type(arrived) is kind
    assert str(arrived) == str(error) == "It's so."


def test_a_version_travels(store: SecretStore) -> None:
    store.put("k", a="1")
    history = store.history("k")

    assert pickle.loads(pickle.dumps(history)) == history
