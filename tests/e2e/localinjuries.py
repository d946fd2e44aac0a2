"""How a stack on this machine is hurt: on its real parts, and undone at the end of each body."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import psutil
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from apply import certificates, localvault
from apply.local import LocalTarget
from apply.state import StateDirectory
from apply.vault import Vault
from tests.e2e.stack import InstalledStack, eventually

Fault = Callable[[InstalledStack], AbstractContextManager[None]]


@contextlib.contextmanager
def paused(pid: int) -> Iterator[None]:
    """A process that the system lets run no further."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, "the process to stop")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def hung(part: str) -> Fault:
    return lambda stack: paused(stack.pid(part))


def supervisor_hung(stack: InstalledStack) -> AbstractContextManager[None]:
    return paused(stack.supervisor())


@contextlib.contextmanager
def unsupervised(stack: InstalledStack) -> Iterator[None]:
    """The keeper cannot start another supervisor while it is stopped."""
    with paused(stack.pid("keeper")):
        supervisor = stack.supervisor()
        os.kill(supervisor, signal.SIGKILL)
        eventually(lambda: not psutil.pid_exists(supervisor) or _is_zombie(supervisor), "its end")
        yield
    eventually(lambda: stack.supervisor() != supervisor, "another supervisor")


def _is_zombie(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@contextlib.contextmanager
def changed(path: Path, content: bytes | None) -> Iterator[None]:
    """A file with another content, or none at all."""
    kept, mode = path.read_bytes(), path.stat().st_mode
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(kept)
        path.chmod(mode)


def file(name: str, content: bytes | None) -> Fault:
    return lambda stack: changed(stack.state / name, content)


def appended(name: str, words: bytes) -> Fault:
    return lambda stack: changed(stack.state / name, (stack.state / name).read_bytes() + words)


@contextlib.contextmanager
def moved(stack: InstalledStack, name: str) -> Iterator[None]:
    place, aside = stack.state / name, stack.state.with_name("aside")
    place.rename(aside)
    try:
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)


@contextlib.contextmanager
def opened(stack: InstalledStack, name: str) -> Iterator[None]:
    path = stack.state / name
    mode = path.stat().st_mode
    path.chmod(0o644)
    yield
    path.chmod(mode)


def killed(stack: InstalledStack, part: str, seen: Callable[[], bool]) -> None:
    os.kill(stack.pid(part), signal.SIGKILL)
    eventually(seen, f"what {part} becomes", 40)


def part_state(stack: InstalledStack, part: str) -> dict[str, object]:
    return dict(json.loads((stack.state / "run" / "status.json").read_text())["parts"][part])


@contextlib.contextmanager
def crashing(stack: InstalledStack, part: str, fault: AbstractContextManager[None]) -> Iterator[None]:
    """A part that is ended and cannot start again."""
    with fault:
        killed(stack, part, lambda: part_state(stack, part)["state"] == "backoff")
        eventually(lambda: part_state(stack, part)["last_exit"], "the supervisor to say so")
        yield
    eventually(lambda: part_state(stack, part)["state"] == "ready", f"{part} to be ready", 60)


def hub_crashes(stack: InstalledStack) -> AbstractContextManager[None]:
    """A folder in the place of the file that the proxy's routes go to: nothing else tells of it."""
    return crashing(stack, "hub", _without_tables(stack))


@contextlib.contextmanager
def _without_tables(stack: InstalledStack) -> Iterator[None]:
    """A database that is whole, and of a newer JupyterHub."""
    import sqlite3

    path = stack.state / "hub" / "jupyterhub.sqlite"

    def write(version: str) -> str:
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as database, database:
            (before,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            database.execute("UPDATE alembic_version SET version_num = ?", (version,))
        return str(before)

    before = write("of-tomorrow")
    try:
        yield
    finally:
        write(before)


def database_damaged(stack: InstalledStack) -> AbstractContextManager[None]:
    path = stack.state / "hub" / "jupyterhub.sqlite"
    return crashing(stack, "hub", changed(path, b"not a database at all" * 400))


def secret_gone(stack: InstalledStack) -> AbstractContextManager[None]:
    return crashing(stack, "culler", changed(stack.state / "secrets" / "culler-token", None))


@contextlib.contextmanager
def port_taken(stack: InstalledStack) -> Iterator[None]:
    """The page's, in the moment in which nobody listens there."""
    port = json.loads((stack.state / "conf" / "facts.json").read_text())["ports"]["page_port"]
    with ExitStack() as resources:
        with paused(stack.supervisor()):
            page = stack.pid("page")
            os.kill(page, signal.SIGKILL)
            eventually(lambda: not psutil.pid_exists(page) or _is_zombie(page), "the page to end")
            resources.enter_context(socket.create_server(("127.0.0.1", port)))
        eventually(lambda: part_state(stack, "page")["state"] == "backoff", "the page to fail", 40)
        yield
    eventually(lambda: part_state(stack, "page")["state"] == "ready", "the page", 60)


@contextlib.contextmanager
def sealed(stack: InstalledStack) -> Iterator[None]:
    with changed(stack.state / "secrets" / "seal.key", b"0" * 64):
        killed(stack, "vault", lambda: part_state(stack, "vault").get("answer") == 503)
        yield
    os.kill(stack.pid("vault"), signal.SIGKILL)
    eventually(lambda: part_state(stack, "vault")["state"] == "ready", "Vault to be unsealed", 40)


@contextlib.contextmanager
def in_vault(stack: InstalledStack, path: str, body: dict[str, object] | None) -> Iterator[None]:
    """Something in OpenBao is written over."""
    with vault(stack) as found:
        live = found.read(path)
        assert live is not None
        found.write(path, body or {})
    yield
    with vault(stack) as found:
        found.write(path, live)


def local(stack: InstalledStack) -> LocalTarget:
    from apply.target import target

    found = target(str(stack.spec), str(stack.state))
    assert isinstance(found, LocalTarget)
    return found


def vault(stack: InstalledStack) -> Vault:
    found = local(stack)
    return localvault.signed_in(found.stack, found.state)


def vault_object(path: str, **body: object) -> Fault:
    return lambda stack: in_vault(stack, path, body)


def signing_key(name: str) -> Fault:
    """Another key than the one that Vault knows."""
    key = ed25519.Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return file(f"secrets/{name}", text)


@contextlib.contextmanager
def lasting(days: int) -> Iterator[None]:
    """Certificates that are made meanwhile end after so many days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "_SERVER_DAYS", days)
        yield


@contextlib.contextmanager
def certificate(stack: InstalledStack, days: int = 825, key: bool = True) -> Iterator[None]:
    """The public one in another form; the proxy goes on with the one that it has read."""
    state = StateDirectory(stack.state)
    with ExitStack() as kept:
        for name in ("tls/public.pem", "secrets/public-tls.key"):
            kept.enter_context(changed(stack.state / name, (stack.state / name).read_bytes()))
        own = (stack.state / "secrets" / "public-tls.key").read_bytes()
        (stack.state / "tls" / "public.pem").unlink()
        with lasting(days):
            certificates.ensure_certificate(state, "public", ["127.0.0.1"])
        if not key:
            (stack.state / "secrets" / "public-tls.key").write_bytes(own)
        yield


@contextlib.contextmanager
def foreign_certificate(stack: InstalledStack) -> Iterator[None]:
    from tests.openbao import certificates as made_elsewhere

    other = made_elsewhere(stack.state.with_name("other-authority"))
    with (
        changed(stack.state / "tls" / "public.pem", other.certificate.read_bytes()),
        changed(stack.state / "secrets" / "public-tls.key", other.key.read_bytes()),
    ):
        yield


def of_environment(stack: InstalledStack, pattern: str) -> AbstractContextManager[None]:
    (path,) = (stack.state / "profiles").glob(pattern)
    return moved(stack, str(path.relative_to(stack.state)))


@contextlib.contextmanager
def held(stack: InstalledStack) -> Iterator[None]:
    with stack.state.with_name(f".{stack.state.name}.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def small_disk(stack: InstalledStack) -> Iterator[None]:
    """A bound that no disk of these tests keeps."""
    stack.least_free = "900Ti"  # type: ignore[attr-defined]
    yield
    stack.least_free = "1Mi"  # type: ignore[attr-defined]


@contextlib.contextmanager
def page_away(stack: InstalledStack) -> Iterator[None]:
    """The proxy's file of routes, emptied; it is read again at once."""
    with changed(stack.state / "traefik" / "rules.toml", b""):
        eventually(lambda: stack_page(stack) != 200, "the proxy to forget")
        yield
    eventually(lambda: stack_page(stack) == 200, "the proxy to know the way again")


def stack_page(stack: InstalledStack) -> int:
    """Status of the login page; 0 where the certificate went with the routes."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{stack.url}/hub/login", verify=stack.ca, timeout=10).status_code
        except requests.exceptions.SSLError:
            return 0
