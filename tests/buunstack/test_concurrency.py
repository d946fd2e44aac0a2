"""One store in many threads and in forked children."""

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from buunstack import SecretStore
from tests.buunstack.conftest import Notebook
from tests.buunstack.standins import HubEndpoint


def together(*jobs: Callable[[], object]) -> None:
    """Run each job in a thread of its own; the first error of any is raised."""
    with ThreadPoolExecutor(len(jobs)) as threads:
        for running in [threads.submit(job) for job in jobs]:
            running.result()


def in_child(job: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> int:
    """The exit code of a forked child that runs `job` (0 when it returned), with `meanwhile` run here."""
    process = multiprocessing.get_context("fork").Process(target=job)
    process.start()
    meanwhile()
    process.join(10)
    if process.is_alive():
        process.kill()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def test_fields_that_two_threads_set_are_all_kept(store: SecretStore) -> None:
    store.put("k", start="0")

    def writer(letter: str) -> Callable[[], None]:
        return lambda: [store.update("k", **{f"{letter}{number}": "1"}) for number in range(60)]

    together(writer("a"), writer("b"))

    assert len(store.get("k")) == 121


def test_120_fields_that_two_processes_set_at_once_are_all_kept(store: SecretStore) -> None:
    store.put("k", start="0")

    def writer(letter: str) -> None:
        for number in range(60):
            store.update("k", **{f"{letter}{number}": "1"})

    assert in_child(lambda: writer("a"), lambda: writer("b")) == 0
    assert len(store.get("k")) == 121


def test_fields_of_a_new_secret_that_several_threads_make_are_all_kept(store: SecretStore) -> None:
    together(*[lambda number=number: store.update("new", **{f"f{number}": "1"}) for number in range(8)])

    assert len(store.get("new")) == 8


def test_deletions_and_updates_at_once_lose_nothing(store: SecretStore) -> None:
    store.put("k", **{f"{letter}{number}": "1" for letter in "ab" for number in range(30)})
    together(
        lambda: [store.delete("k", f"a{number}") for number in range(30)],
        lambda: [store.update("k", **{f"c{number}": "1"}) for number in range(30)],
    )

    left = store.get("k")
    assert sorted(left) == sorted(f"{letter}{number}" for letter in "bc" for number in range(30))


def test_threads_that_start_at_once_ask_for_one_token(notebook: Notebook, hub: HubEndpoint) -> None:
    store = SecretStore()
    together(*[store.list] * 12)

    assert hub.asked == 1


def test_threads_whose_token_died_ask_for_one_new_token(notebook: Notebook, hub: HubEndpoint) -> None:
    store = SecretStore()
    store.list()
    notebook.bao.ok("PUT", "sys/leases/revoke-prefix/auth/token/create/jupyterhub-notebook")
    together(*[store.list] * 12)

    assert hub.asked == 2


def test_a_forked_child_and_its_parent_both_go_on(store: SecretStore) -> None:
    store.put("k", a="1")

    def child() -> None:
        for number in range(20):
            store.update("k", **{f"child{number}": "1"})
        gc.collect()

    code = in_child(child, lambda: [store.update("k", **{f"parent{number}": "1"}) for number in range(20)])

    assert code == 0
    assert len(store.get("k")) == 41


def test_a_child_forked_while_a_token_is_being_fetched_gets_its_own(notebook: Notebook, hub: HubEndpoint) -> None:
    store = SecretStore()
    asked, let_go = threading.Event(), threading.Event()
    answer = hub.answer

    def slow(authorization: str | None) -> tuple[int, str]:
        if not asked.is_set():
            asked.set()
            assert let_go.wait(20)
        return answer(authorization)

    hub.answer = slow  # type: ignore[method-assign]
    thread = threading.Thread(target=store.list)
    thread.start()
    assert asked.wait(10)
    try:
        code = in_child(lambda: store.put("from-child", pid=str(os.getpid())))
    finally:
        let_go.set()
        thread.join()

    assert code == 0
    assert store.list() == ["from-child"]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_of_its_own_makes_its_own_store(store: SecretStore, method: str) -> None:
    process = multiprocessing.get_context(method).Process(target=put_from_a_new_process)
    process.start()
    process.join(30)

    assert process.exitcode == 0
    assert store.get("k") == {"a": "1"}


def put_from_a_new_process() -> None:
    """What a started process does."""
    SecretStore().put("k", a="1")
