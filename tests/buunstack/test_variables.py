"""A secret's fields as environment variables for the time of a block."""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import traceback

import pytest

from buunstack import InvalidValue, SecretNotFound, SecretStore, variables
from tests.buunstack.conftest import Notebook
from tests.buunstack.test_concurrency import in_child, together


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of these tests are gone after each."""
    for name in ("BUUN_ONE", "BUUN_TWO", "MY_BUUN_ONE"):
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)


def test_the_fields_are_variables_within_the_block_only(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="eins", BUUN_TWO="zwei = 2")
    before = dict(os.environ)

    with store.environment("k") as names:
        assert sorted(names) == ["BUUN_ONE", "BUUN_TWO"]
        assert os.environ["BUUN_ONE"] == "eins"
        program = [sys.executable, "-c", "import os; print(os.environ['BUUN_TWO'])"]
        assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == "zwei = 2\n"
    assert dict(os.environ) == before


def test_what_was_there_before_is_put_back_also_after_an_error(
    store: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUUN_ONE", "")
    store.put("k", BUUN_ONE="0", BUUN_TWO="2")
    before = dict(os.environ)

    with pytest.raises(ZeroDivisionError), store.environment("k"):
        1 / int(os.environ["BUUN_ONE"])
    assert dict(os.environ) == before


def test_what_the_block_itself_does_to_the_variables_is_undone(
    store: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUUN_ONE", "before")
    store.put("k", BUUN_ONE="1", BUUN_TWO="2")

    with store.environment("k"):
        del os.environ["BUUN_ONE"], os.environ["BUUN_TWO"]
    assert os.environ["BUUN_ONE"] == "before"
    assert "BUUN_TWO" not in os.environ


def test_a_prefix_is_put_before_each_name(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="1")

    with store.environment("k", prefix="MY_") as names:
        assert names == ["MY_BUUN_ONE"]
        assert os.environ["MY_BUUN_ONE"] == "1"
        assert "BUUN_ONE" not in os.environ
    assert "MY_BUUN_ONE" not in os.environ


def test_a_prefix_can_make_a_name_possible(store: SecretStore) -> None:
    store.put("k", **{"1": "x"})

    with store.environment("k", prefix="BUUN_") as names:
        assert names == ["BUUN_1"]


@pytest.mark.parametrize("name", ["", "A=B", "a b", "learning-rate", "1st", "é", "A\0", "A\n"])
def test_a_field_that_cannot_name_a_variable_changes_nothing(store: SecretStore, name: str) -> None:
    store.put("k", **{"BUUN_ONE": "1", name: "2"})
    before = dict(os.environ)

    with pytest.raises(InvalidValue, match=r"cannot name a variable.*Nothing was changed") as refused:
        store.environment("k").__enter__()
    assert repr(name) in str(refused.value)
    assert "BUUN_ONE" not in str(refused.value)
    assert dict(os.environ) == before


@pytest.mark.parametrize("prefix", ["1", "A=", "my-"])
def test_a_prefix_that_cannot_begin_a_variable_is_refused(store: SecretStore, prefix: str) -> None:
    store.put("k", BUUN_ONE="1")

    with pytest.raises(InvalidValue, match="cannot name a variable"):
        store.environment("k", prefix=prefix).__enter__()


def test_a_value_that_no_variable_can_hold_changes_nothing(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="1", BUUN_TWO="hunter\0two")

    with pytest.raises(InvalidValue, match="the value of 'BUUN_TWO' holds a character") as refused:
        store.environment("k").__enter__()
    assert "hunter" not in str(refused.value)
    assert "BUUN_ONE" not in os.environ


def test_a_value_that_the_systems_encoding_cannot_write_changes_nothing(store: SecretStore, notebook: Notebook) -> None:
    store.put("k", BUUN_ONE="1", BUUN_TWO="日本")
    for name, value in {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}.items():
        notebook.environment.setenv(name, value)
    program = "from buunstack import SecretStore; SecretStore().environment('k').__enter__()"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "buunstack.errors.InvalidValue: " in ran.stderr
    assert "the value of 'BUUN_TWO' holds a character that no variable can" in ran.stderr


def test_a_missing_secret_is_told_when_the_block_is_entered(store: SecretStore) -> None:
    block = store.environment("nope")

    with pytest.raises(SecretNotFound):
        block.__enter__()


def test_shared_secrets_are_put_into_the_environment_too(store: SecretStore, notebook: Notebook) -> None:
    path = "jupyter/shared/variables"
    notebook.bao.ok("POST", f"secret/data/{path}", body={"data": {"BUUN_ONE": "1"}})

    with store.shared.environment("variables"):
        assert os.environ["BUUN_ONE"] == "1"
    notebook.bao.ok("DELETE", f"secret/metadata/{path}")


def test_blocks_within_each_other_put_back_what_each_found(store: SecretStore) -> None:
    store.put("outer", BUUN_ONE="outer")
    store.put("inner", BUUN_ONE="inner")

    with store.environment("outer"):
        os.environ["BUUN_ONE"] = "changed"
        with store.environment("inner"):
            assert os.environ["BUUN_ONE"] == "inner"
        assert os.environ["BUUN_ONE"] == "changed"
    assert "BUUN_ONE" not in os.environ


def test_one_block_may_be_entered_again_and_reads_the_secret_anew(store: SecretStore) -> None:
    block = store.environment("k")
    store.put("k", BUUN_ONE="old")
    with block:
        store.put("k", BUUN_ONE="new")
        with block:
            assert os.environ["BUUN_ONE"] == "new"
        assert os.environ["BUUN_ONE"] == "old"
    assert "BUUN_ONE" not in os.environ


@pytest.mark.parametrize("first_out", ["first", "second"])
def test_blocks_that_end_in_another_order_leave_no_secret_behind(store: SecretStore, first_out: str) -> None:
    store.put("first", BUUN_ONE="first", BUUN_TWO="first")
    store.put("second", BUUN_ONE="second")
    blocks = {name: contextlib.ExitStack() for name in ("first", "second")}
    for name, block in blocks.items():
        block.enter_context(store.environment(name))

    blocks.pop(first_out).close()
    [(left, block)] = blocks.items()
    assert os.environ["BUUN_ONE"] == left
    block.close()
    assert "BUUN_ONE" not in os.environ
    assert "BUUN_TWO" not in os.environ


def test_blocks_of_many_threads_leave_no_secret_behind(store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUUN_ONE", "before")
    for number in range(6):
        store.put(f"k{number}", BUUN_ONE=str(number), BUUN_TWO=str(number))
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        for _ in range(5):
            with store.environment(f"k{number}"):
                barrier.wait(10)

    together(*[lambda number=number: work(number) for number in range(6)])

    assert os.environ["BUUN_ONE"] == "before"
    assert "BUUN_TWO" not in os.environ


def test_a_child_forked_within_a_block_has_the_variables_and_enters_blocks_itself(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="1")

    def child() -> None:
        assert os.environ["BUUN_ONE"] == "1"
        with store.environment("k"):
            pass

    with store.environment("k"):
        assert in_child(child) == 0


def test_a_child_forked_while_a_thread_enters_a_block_enters_its_own(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="1")

    def child() -> None:
        with store.environment("k"):
            assert os.environ["BUUN_ONE"] == "1"

    with variables._layers._lock:
        assert in_child(child) == 0


def test_an_error_within_the_block_has_no_frame_that_holds_a_value(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="-".join(["hunter", "two"]))
    try:
        with store.environment("k") as names:
            raise ZeroDivisionError(names[0])
    except ZeroDivisionError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    assert "BUUN_ONE" in shown
    assert "hunter-two" not in shown


def test_a_block_prints_no_value_and_is_not_pickled(store: SecretStore) -> None:
    store.put("k", BUUN_ONE="hunter")
    with store.environment("k"):
        block = store.environment("k")
        with block:
            assert "hunter" not in repr(block)
            with pytest.raises(TypeError, match="Enter it in the process that needs it"):
                pickle.dumps(block)
