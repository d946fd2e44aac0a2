"""No token and no value appears in what is printed: messages, tracebacks with variables, logs, reprs."""

import io
import signal
import threading
import time
import traceback
from collections.abc import Callable

import pytest
from IPython.core.ultratb import VerboseTB
from rich.console import Console
from rich.traceback import Traceback

from buunstack import SecretStore, SecretStoreError, put_env_to_secrets
from buunstack.masked import MaskedText
from buunstack.settings import Settings
from tests.buunstack.conftest import Notebook
from tests.buunstack.standins import HubEndpoint, Wire

LogAt = Callable[[str], None]


def value() -> str:
    """A secret value; made here so that no variable of a test holds it."""
    return "-".join(["hunter", "two", "is", "my", "value"])


def raised_by(operation: Callable[[], object]) -> BaseException:
    """What `operation` raises, without the frames of the test."""
    with pytest.raises((SecretStoreError, KeyboardInterrupt)) as raised:
        operation()
    own_frame = raised.value.__traceback__
    callers_frame = own_frame.tb_next if own_frame else None
    return raised.value.with_traceback(callers_frame.tb_next if callers_frame else None)


def shown(error: BaseException) -> str:
    """All that notebooks print of an error, with the variables of its frames."""
    rich_text = io.StringIO()
    traceback_of_rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=None
    )
    Console(file=rich_text, width=400).print(traceback_of_rich)
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    verbose = VerboseTB(theme_name="nocolor").text(type(error), error, error.__traceback__)
    return "\n".join([rich_text.getvalue(), *plain.format(), verbose, repr(error), str(error)])


def failing_operations(store: SecretStore) -> dict[str, Callable[[], object]]:
    """Each operation that may fail while it holds values."""
    return {
        "put": lambda: store.put("k", password=value()),
        "put of a wrong type": lambda: store.put("k", password=value(), bad=5),  # type: ignore[arg-type]
        "put of a wrong key": lambda: store.put("..", password=value()),
        "update": lambda: store.update("k", password=value()),
        "get": lambda: store.get("k"),
        "get of a wrong field": lambda: store.get("k", "nope"),
        "delete of a wrong field": lambda: store.delete("k", "nope"),
        "get of a version": lambda: store.get("k", version=1),
        "update of a shared secret": lambda: store.shared.update("k", password=value()),
        "block": lambda: store.environment("k", prefix="1").__enter__(),
        "environment": lambda: put_env_to_secrets(store, {"PASSWORD": value(), "=": value()}),
    }


FAILING = [
    *("put", "put of a wrong type", "put of a wrong key", "update", "get", "get of a version"),
    *("update of a shared secret", "block", "environment"),
]
MISSING = ["get of a wrong field", "delete of a wrong field"]


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("log_level", ["warning", "debug"])
def test_an_error_shows_no_token_and_no_value(
    notebook: Notebook,
    name: str,
    log_level: str,
    monkeypatch: pytest.MonkeyPatch,
    log_at: LogAt,
    capfd: pytest.CaptureFixture[str],
) -> None:
    token = notebook.deliver()["client_token"]
    with Wire(notebook.bao.port) as wire:
        monkeypatch.setenv("VAULT_ADDR", wire.address)
        monkeypatch.setenv("VAULT_CLIENT_TIMEOUT", "0.3")
        store = SecretStore()
        store.put("k", password=value())
        wire.swallow = True
        log_at(log_level)
        error = raised_by(failing_operations(store)[name])

    everything = shown(error) + capfd.readouterr().err
    assert isinstance(error, SecretStoreError)
    assert token not in everything
    assert value() not in everything


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_field_does_not_show_the_others(store: SecretStore, name: str) -> None:
    store.put("k", password=value())
    error = raised_by(failing_operations(store)[name])

    assert "has no field 'nope'" in shown(error)
    assert value() not in shown(error)


def test_a_block_that_cannot_be_entered_shows_no_value(store: SecretStore) -> None:
    store.put("k", password=value())
    error = raised_by(failing_operations(store)["block"])

    assert "'1password' cannot name a variable" in shown(error)
    assert value() not in shown(error)


def test_the_users_own_line_is_still_shown(store: SecretStore) -> None:
    with pytest.raises(SecretStoreError) as raised:
        store.get("nope")

    assert 'store.get("nope")' in "".join(traceback.format_exception(raised.value))
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["put", "update", "get"])
def test_an_interrupted_operation_shows_no_token_and_no_value(notebook: Notebook, name: str) -> None:
    token = notebook.deliver()["client_token"]
    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        store = SecretStore()
        store.put("k", password=value())
        wire.swallow = True
        main = threading.main_thread().ident
        assert main is not None
        interrupt = threading.Timer(0.5, lambda: signal.pthread_kill(main, signal.SIGINT))
        interrupt.start()
        error = raised_by(failing_operations(store)[name])
        interrupt.join()

    assert isinstance(error, KeyboardInterrupt)
    assert token not in shown(error)
    assert value() not in shown(error)


def test_an_error_of_the_hub_shows_no_token(hub: HubEndpoint) -> None:
    for refusal in ((502, '{"message": "no"}'), (500, "<html>"), (200, "[]")):
        hub.refusal = refusal
        assert hub.token not in shown(raised_by(SecretStore().list))


@pytest.mark.parametrize("variable", ["NOTEBOOK_VAULT_TOKEN", "JUPYTERHUB_API_TOKEN"])
@pytest.mark.parametrize("broken", ["s.half\nof", "s.two words", "s.é", "s.\x01"])
def test_a_token_that_is_none_is_told_without_showing_it(
    notebook: Notebook, variable: str, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:9/hub/api")
    monkeypatch.setenv(variable, broken)
    error = raised_by(lambda: SecretStore().list())

    assert f"{variable} holds characters that no token has" in str(error)
    assert broken not in shown(error)


def test_the_log_at_debug_names_secrets_and_shows_none(
    notebook: Notebook,
    hub: HubEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    log_at: LogAt,
    capfd: pytest.CaptureFixture[str],
) -> None:
    notebook.environment.setenv("BUUNSTACK_SECRETS_HOME", notebook.home)
    token = notebook.deliver("2s")["client_token"]
    log_at("debug")
    store = SecretStore()
    store.put("k", password=value())
    time.sleep(1.5)
    store.update("k", other=value())
    store.delete("k", "other")
    store.delete("k")

    logged = capfd.readouterr().err
    assert "stored secret 'k'" in logged
    assert "renewed" in logged
    for secret in (value(), token, hub.token):
        assert secret not in logged


def test_nothing_that_holds_a_token_prints_it(notebook: Notebook, hub: HubEndpoint) -> None:
    store = SecretStore()
    store.list()
    settings = Settings.from_environment()
    grant = store._vault.grant()
    printed = [repr(part) + str(part) + f"{part}" for part in (store, settings, grant, vars(store), grant.headers)]

    assert all(secret not in "".join(printed) for secret in (hub.token, grant.token.reveal()))
    assert repr(store) == f"<SecretStore of {notebook.segment} at {notebook.bao.address}>"


def test_masked_text_stays_masked_when_it_is_shortened() -> None:
    text = MaskedText("s.0123456789")

    assert "0" not in f"{text} {text!r} {text!s} {text:>20} {text[:5]} {text[:5]!r}"
    assert text.encode() == b"s.0123456789"
