"""`python -m buunstack`: a user's secrets in a terminal. Results go to standard output, all else to standard error."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from buunstack.errors import (
    BadSetting,
    InvalidKey,
    InvalidValue,
    NotAllowed,
    SecretNotFound,
    SecretStoreError,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from buunstack.reading import SecretReader
from buunstack.store import SecretStore
from buunstack.versions import Version

_PROGRAM = "python -m buunstack"
_FAILED = 1
_WRONG_USE = 2
_INTERRUPTED = 130
_READER_GONE = 141
"""As a shell reports a program that SIGPIPE ended."""
_CODES: dict[type[SecretStoreError], int] = {
    InvalidKey: _WRONG_USE,
    InvalidValue: _WRONG_USE,
    TooLarge: _WRONG_USE,
    BadSetting: _WRONG_USE,
    SecretNotFound: 3,
    NotAllowed: 4,
    SignInNeeded: 4,
    Unavailable: 5,
}
_EPILOG = """\
exit codes: 0 done; 1 something else went wrong; 2 wrong use or settings; 3 no such secret, field or version;
4 not allowed, or no token; 5 Vault or the hub cannot answer now; 130 interrupted
"""


@dataclass(frozen=True)
class _Result:
    """What a command found: as data for `--json`, else as text, which may be none."""

    data: Any
    text: str = ""


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. What a user can cause is told in a sentence."""
    try:
        given, surplus = _parser().parse_known_args(arguments)
        if surplus:
            return _fail(given.surplus, _WRONG_USE)
        result = given.run(given)
        return _write(f"{_json(result.data)}\n" if given.json else result.text)
    except SecretStoreError as error:
        return _fail(str(error), next((code for kind, code in _CODES.items() if isinstance(error, kind)), _FAILED))
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(_PROGRAM, description="Your secrets in Vault.", epilog=_EPILOG)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], _Result], says: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=says, description=says, allow_abbrev=False)
        made.set_defaults(run=run, surplus="There are arguments that this command does not have; see --help.")
        made.add_argument("--json", action="store_true", help="print the result as JSON")
        return made

    get = command("get", _get, "Print the value of a field; without FIELD all fields as JSON.")
    get.add_argument("name", metavar="NAME")
    get.add_argument("field", metavar="FIELD", nargs="?")
    get.add_argument("--version", type=int, metavar="N", help="of an older version")
    put = command("put", _put, "Set one field to the text of standard input; other fields stay as they are.")
    put.set_defaults(
        surplus="Too many arguments. The value is read from standard input and never from the command line, where "
        "other users of the machine can see it. If it was among the arguments, replace it where it came from."
    )
    put.add_argument("name", metavar="NAME")
    put.add_argument("field", metavar="FIELD")
    listing = command("list", _list, "Print the names of secrets, one a line; a folder's ends with a slash.")
    listing.add_argument("prefix", metavar="PREFIX", nargs="?", default="", help="the folder to list")
    delete = command("delete", _delete, "Remove a secret with all its versions, or one field of it.")
    delete.add_argument("name", metavar="NAME")
    delete.add_argument("field", metavar="FIELD", nargs="?")
    history = command("history", _history, "Print number, time and state of each version, newest first.")
    history.add_argument("name", metavar="NAME")
    for reading in (get, listing, history):
        reading.add_argument("--shared", action="store_true", help="of the secrets that everybody may read")
    return parser


def _reader(given: argparse.Namespace) -> SecretReader:
    store = SecretStore()
    return store.shared if given.shared else store


def _get(given: argparse.Namespace) -> _Result:
    if given.field is None:
        fields = _reader(given).get(given.name, version=given.version)
        return _Result(fields, f"{_json(fields)}\n")
    value: Any = _reader(given).get(given.name, given.field, version=given.version)
    # Other programs than this store may have stored what is no text.
    return _Result(value, f"{value if isinstance(value, str) else _json(value)}\n")


def _put(given: argparse.Namespace) -> _Result:
    store = SecretStore()
    store.update(given.name, **{given.field: _value(given.name, given.field)})
    _say(f"stored field {given.field!r} of secret {given.name!r}")
    return _Result({"name": given.name, "field": given.field})


def _list(given: argparse.Namespace) -> _Result:
    names = _reader(given).list(given.prefix)
    return _Result(names, "".join(f"{name}\n" for name in names))


def _delete(given: argparse.Namespace) -> _Result:
    SecretStore().delete(given.name, given.field)
    what = "secret" if given.field is None else f"field {given.field!r} of secret"
    _say(f"deleted {what} {given.name!r}")
    return _Result({"name": given.name, "field": given.field})


def _history(given: argparse.Namespace) -> _Result:
    versions = _reader(given).history(given.name)
    rows = (f"{entry.version}\t{entry.created.isoformat(timespec='seconds')}\t{_state(entry)}\n" for entry in versions)
    return _Result([vars(entry) for entry in versions], "".join(rows))


def _state(entry: Version) -> str:
    if entry.destroyed:
        return "destroyed"
    return "deleted" if entry.deleted is not None and entry.deleted <= datetime.now(UTC) else "readable"


def _value(name: str, field: str) -> str:
    """The text on standard input without one final newline, or what is typed at a prompt without echo."""
    if sys.stdin is None:
        raise InvalidValue("There is no standard input to read the value from.")
    if sys.stdin.isatty():
        value = _typed(f"Value of field {field!r} of secret {name!r}: ")
    else:
        value = _piped().removesuffix("\n").removesuffix("\r")
    if not value:
        raise InvalidValue("No value was given. Nothing was stored.")
    return value


def _typed(prompt: str) -> str:
    try:
        return getpass.getpass(prompt)
    except EOFError:
        return ""


def _piped() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        # The error itself holds the value.
        reason = "it is no text in UTF-8"
    raise InvalidValue(f"The value on standard input cannot be read: {reason}. Nothing was stored.")


def _write(text: str) -> int:
    if not text:
        return 0
    if sys.stdout is None:
        return _fail("There is no standard output to write the result to.", _FAILED)
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except OSError as error:
        _discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return _READER_GONE
        return _fail(f"The result cannot be written: {error.strerror}.", _FAILED)
    return 0


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, default=datetime.isoformat)


def _say(sentence: str) -> None:
    if sys.stderr is not None:  # print would take standard output instead
        try:
            print(sentence, file=sys.stderr, flush=True)
        except OSError:
            _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Let what the stream still holds go nowhere: Python would try again at its end, and end with 120."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def _fail(sentence: str, code: int) -> int:
    _say(f"{_PROGRAM}: {sentence}")
    return code
