"""The twin of the store for event loops: the same operations, many at once, the loop never stands still."""

import asyncio
import inspect
import os
import threading
import time
from collections.abc import Callable

import pytest

from buunstack import AsyncSecretStore, InvalidValue, ReadOnly, SecretNotFound, SecretStore, SharedSecrets
from buunstack.asynchronous import AsyncSharedSecrets
from tests.buunstack.conftest import Notebook
from tests.buunstack.standins import HubEndpoint, Wire
from tests.buunstack.test_masked import raised_by, shown, value


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of these tests is gone after each."""
    monkeypatch.setenv("BUUN_ONE", "before")
    monkeypatch.delenv("BUUN_ONE")


@pytest.fixture
def twin(store: SecretStore) -> AsyncSecretStore:
    """The twin of a new user's store."""
    return AsyncSecretStore()


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_every_operation_can_be_awaited(twin: AsyncSecretStore, store: SecretStore) -> None:
    async def all_of_them() -> None:
        await twin.put("k", a="1", b="2")
        await twin.update("k", c="3")
        assert await twin.get("k") == {"a": "1", "b": "2", "c": "3"}
        assert await twin.get("k", "a", version=1) == "1"
        assert await twin.list() == ["k"]
        assert sorted(await twin.list_fields("k")) == ["a", "b", "c"]
        await twin.delete("k", version=2)
        assert [entry.version for entry in await twin.history("k")] == [2, 1]
        await twin.undelete("k")
        assert await twin.path("k") == store.path("k")
        await twin.delete("k", "b")
        assert store.get("k") == {"a": "1", "c": "3"}
        await twin.delete("k")
        assert (await twin.get_status())["vault_authenticated"]

    asyncio.run(all_of_them())
    assert store.list() == []
    assert (twin.username, twin.vault_addr) == (store.username, store.vault_addr)


@pytest.mark.parametrize(("twin_kind", "kind"), [(AsyncSecretStore, SecretStore), (AsyncSharedSecrets, SharedSecrets)])
def test_the_twin_has_the_same_operations_with_the_same_words(twin_kind: type, kind: type) -> None:
    assert public(twin_kind) == public(kind)
    for name in public(kind) - {"environment", "shared", "username", "vault_addr"}:
        operation = getattr(twin_kind, name)
        assert inspect.iscoroutinefunction(operation), name
        assert inspect.signature(operation) == inspect.signature(getattr(kind, name))
        assert operation.__doc__ == getattr(kind, name).__doc__


def test_shared_secrets_are_read_and_not_written(twin: AsyncSecretStore, notebook: Notebook) -> None:
    path = "jupyter/shared/asynchronous"
    notebook.bao.ok("POST", f"secret/data/{path}", body={"data": {"a": "1"}})

    assert asyncio.run(twin.shared.get("asynchronous", "a")) == "1"
    with pytest.raises(ReadOnly):
        asyncio.run(twin.shared.put("asynchronous", a="2"))
    notebook.bao.ok("DELETE", f"secret/metadata/{path}")


def test_errors_are_the_stores(twin: AsyncSecretStore) -> None:
    with pytest.raises(SecretNotFound, match="'nope' does not exist"):
        asyncio.run(twin.get("nope"))


def test_many_tasks_at_once_lose_nothing_and_ask_for_one_token(notebook: Notebook, hub: HubEndpoint) -> None:
    twin = AsyncSecretStore()

    async def storm() -> dict[str, str]:
        await asyncio.gather(*(twin.update("k", **{f"f{number}": "1"}) for number in range(60)))
        return await twin.get("k")

    assert len(asyncio.run(storm())) == 60
    assert hub.asked == 1


def test_one_store_serves_several_event_loops(twin: AsyncSecretStore, store: SecretStore) -> None:
    def loop_of(letter: str) -> None:
        async def work() -> None:
            await asyncio.gather(*(twin.update("k", **{f"{letter}{number}": "1"}) for number in range(20)))

        asyncio.run(work())

    threads = [threading.Thread(target=loop_of, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.get("k")) == 40


def test_the_loop_goes_on_while_vault_does_not_answer(notebook: Notebook) -> None:
    notebook.deliver()
    notebook.environment.setenv("VAULT_CLIENT_TIMEOUT", "1")

    async def ticks_during() -> int:
        ticks = 0
        listing = asyncio.create_task(twin.list())
        while not listing.done():
            await asyncio.sleep(0.01)
            ticks += 1
        with pytest.raises(ConnectionError):
            await listing
        return ticks

    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        twin = AsyncSecretStore()
        wire.swallow = True
        assert asyncio.run(ticks_during()) > 20


def test_a_cancelled_task_ends_at_once(notebook: Notebook) -> None:
    notebook.deliver()
    notebook.environment.setenv("VAULT_CLIENT_TIMEOUT", "2")

    async def cancelled_after() -> float:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(twin.list(), 0.2)
        return time.monotonic() - started

    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        twin = AsyncSecretStore()
        wire.swallow = True
        assert asyncio.run(cancelled_after()) < 1


def test_an_environment_is_set_for_the_block(twin: AsyncSecretStore, store: SecretStore) -> None:
    store.put("k", BUUN_ONE="1")

    async def block() -> None:
        async with twin.environment("k", prefix="") as names:
            assert names == ["BUUN_ONE"]
            assert os.environ["BUUN_ONE"] == "1"
        assert "BUUN_ONE" not in os.environ
        with pytest.raises(ZeroDivisionError):
            async with twin.environment("k"):
                1 / (int(os.environ["BUUN_ONE"]) - 1)

    asyncio.run(block())
    assert "BUUN_ONE" not in os.environ


def test_environments_of_tasks_that_overlap_leave_no_secret_behind(twin: AsyncSecretStore, store: SecretStore) -> None:
    for number in range(4):
        store.put(f"k{number}", BUUN_ONE=str(number))

    async def block(number: int) -> None:
        async with twin.environment(f"k{number}"):
            await asyncio.sleep(0.1 * (number % 3))

    async def overlap() -> None:
        await asyncio.gather(*(block(number) for number in range(4)))

    asyncio.run(overlap())
    assert "BUUN_ONE" not in os.environ


def test_an_environment_that_is_cancelled_while_it_is_fetched_sets_nothing(notebook: Notebook) -> None:
    notebook.delivered_store().put("k", BUUN_ONE="1")
    notebook.environment.setenv("VAULT_CLIENT_TIMEOUT", "1")

    async def entered() -> None:
        async with twin.environment("k"):
            raise AssertionError

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(entered(), 0.2)

    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        twin = AsyncSecretStore()
        wire.swallow = True
        asyncio.run(cancelled())
    assert "BUUN_ONE" not in os.environ


FAILING: dict[str, Callable[[AsyncSecretStore], object]] = {
    "put": lambda twin: twin.put("..", password=value()),
    "update": lambda twin: twin.update("k", password=value(), bad=5),  # type: ignore[arg-type]
    "a missing field": lambda twin: twin.get("k", "nope"),
    "a wrong call": lambda twin: twin.put(password=value()),  # type: ignore[call-arg]
}


@pytest.mark.parametrize("name", FAILING)
def test_an_error_shows_no_token_and_no_value(notebook: Notebook, name: str) -> None:
    token = notebook.deliver()["client_token"]
    SecretStore().put("k", password=value())
    twin = AsyncSecretStore()

    async def failing() -> BaseException:
        try:
            await FAILING[name](twin)  # type: ignore[misc]
        except (SecretNotFound, ValueError, TypeError) as error:
            return error
        raise AssertionError

    error = asyncio.run(failing())
    assert value() not in shown(error)
    assert token not in shown(error)


def test_an_environment_that_cannot_be_entered_shows_no_value(notebook: Notebook) -> None:
    notebook.delivered_store().put("k", **{"=": value()})

    async def entered() -> None:
        async with AsyncSecretStore().environment("k"):
            raise AssertionError

    error = raised_by(lambda: asyncio.run(entered()))
    assert isinstance(error, InvalidValue)
    assert value() not in shown(error)


def test_it_prints_who_asks_and_where(twin: AsyncSecretStore, notebook: Notebook) -> None:
    assert repr(twin) == f"<AsyncSecretStore of {notebook.segment} at {notebook.bao.address}>"
    assert repr(twin.shared) == f"<AsyncSharedSecrets of {notebook.segment} at {notebook.bao.address}>"
