"""AsyncSecretStore: the operations of a SecretStore to await; each runs in a thread of the event loop's own pool."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from buunstack.opaque import Opaque
from buunstack.reading import SecretReader
from buunstack.shared import SharedSecrets
from buunstack.store import SecretStore
from buunstack.variables import Environment

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_Method = Callable[Concatenate[Any, _Arguments], _Result]
_AsyncMethod = Callable[Concatenate[Any, _Arguments], Coroutine[Any, Any, _Result]]


def _awaitable(method: _Method[_Arguments, _Result]) -> _AsyncMethod[_Arguments, _Result]:
    """The method of a store, to await on its twin."""

    @functools.wraps(method)
    async def awaited(self: Any, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        running = asyncio.to_thread(method, self._store, *args, **kwargs)
        # This frame hangs on every error.
        del args, kwargs
        return await _without_inner_frames(running)

    return awaited


async def _without_inner_frames(running: Coroutine[Any, Any, _Result]) -> _Result:
    try:
        return await running
    except BaseException as error:  # noqa: BLE001 - a cancelled operation has the same frames as a failed one
        failure = error
    raise failure.with_traceback(None)


class AsyncEnvironment:
    """A context like `Environment` for `async with`: the secret is fetched without stopping the event loop."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def __aenter__(self) -> list[str]:
        variables = await _without_inner_frames(asyncio.to_thread(self._environment.fetched))
        return self._environment.set(variables)

    async def __aexit__(self, *_: object) -> None:
        self._environment.unset()


class AsyncSecretReader(Opaque):
    """The operations of a SecretReader, to await."""

    def __init__(self, store: SecretReader) -> None:
        self._store = store

    @property
    def username(self) -> str:
        """The JupyterHub user who asks."""
        return self._store.username

    @property
    def vault_addr(self) -> str:
        """Where Vault is."""
        return self._store.vault_addr

    get = _awaitable(SecretReader.get)
    list = _awaitable(SecretReader.list)
    list_fields = _awaitable(SecretReader.list_fields)
    history = _awaitable(SecretReader.history)
    path = _awaitable(SecretReader.path)

    def environment(self, key: str, *, prefix: str = "") -> AsyncEnvironment:
        """What `SecretReader.environment` gives, for `async with`."""
        return AsyncEnvironment(self._store.environment(key, prefix=prefix))


class AsyncSharedSecrets(AsyncSecretReader):
    """The operations of SharedSecrets, to await. `AsyncSecretStore.shared` gives them."""

    put = _awaitable(SharedSecrets.put)
    update = _awaitable(SharedSecrets.update)
    delete = _awaitable(SharedSecrets.delete)
    undelete = _awaitable(SharedSecrets.undelete)


class AsyncSecretStore(AsyncSecretReader):
    """The operations of a SecretStore, to await.

    It shares the token and the connections of all stores of the process. Tasks may use one at once, of any
    event loop. An operation whose task is cancelled is not undone: it may yet take place.
    """

    _store: SecretStore

    def __init__(self) -> None:
        super().__init__(SecretStore())

    put = _awaitable(SecretStore.put)
    update = _awaitable(SecretStore.update)
    delete = _awaitable(SecretStore.delete)
    undelete = _awaitable(SecretStore.undelete)
    get_status = _awaitable(SecretStore.get_status)

    @property
    def shared(self) -> AsyncSharedSecrets:
        """The secrets that everybody may read."""
        return AsyncSharedSecrets(self._store.shared)
