"""A Keycloak to run on this machine: found in the user's cache, or fetched, unpacked and built there once."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from apply import caches
from apply.run import found, run
from apply.state import disk_errors
from spec.errors import StackError, ToolMissing

VERSION = "26.7.3"
_DIGEST = "77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47"
_ARCHIVE = f"keycloak-quarkus-dist-{VERSION}.tar.gz"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_OLDEST_JAVA = 17
_SHARED = ("bin", "conf", "lib", "providers", "themes", "version.txt")
"""What a server only reads."""


def distribution(tell: Callable[[str], None]) -> Path:
    """The folder of a built Keycloak that any number of servers share; made on the first call, in about 90 s.

    Raises:
        ToolMissing: there is no Java.
        StackError: it cannot be had, or is not the one that was meant.
    """
    folder = cache() / VERSION
    if folder.is_dir():
        return folder
    java()
    with disk_errors(folder):
        cache().mkdir(parents=True, exist_ok=True)
        with _lock(cache() / f".{VERSION}.lock"):
            if not folder.is_dir():
                _make(folder, tell)
    return folder


def ensure(folder: Path, tell: Callable[[str], None]) -> None:
    """Make a folder from which a server can run.

    Raises:
        ToolMissing: there is no Java.
        StackError: Keycloak cannot be had.
    """
    with disk_errors(folder):
        home(folder, distribution(tell))


def java() -> str:
    """The Java to run it with: of JAVA_HOME, else of PATH.

    Raises:
        ToolMissing: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME", "")
    program = str(Path(home) / "bin" / "java") if home else found("java")
    hint = f"install a Java runtime of version {_OLDEST_JAVA} or newer (JAVA_HOME or PATH)"
    if program is None:
        raise ToolMissing("Keycloak needs Java, and there is none", hint)
    told = run([program, "-version"], what="asking Java for its version")
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise ToolMissing(f"Keycloak needs Java {_OLDEST_JAVA}, and {program} is older", hint)
    return program


def home(folder: Path, built: Path) -> Path:
    """A folder for one server's data beside links to the shared distribution, which stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _SHARED:
        link = folder / name
        if not link.is_symlink() or link.readlink() != built / name:
            link.unlink(missing_ok=True)
            link.symlink_to(built / name)
    (folder / "tmp").mkdir(mode=0o700, exist_ok=True)
    return folder


def cache() -> Path:
    """Where Keycloak is kept between installs."""
    return caches.cache("keycloak")


def _make(folder: Path, tell: Callable[[str], None]) -> None:
    """Whole or not at all: what a crash leaves has another name, and is removed by the next call."""
    archive = cache() / _ARCHIVE
    if not archive.is_file():
        _fetch(archive, tell)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != _DIGEST:
        raise StackError(f"{archive} is not Keycloak {VERSION}: its SHA-256 is {digest}", hint=f"rm {archive}")
    for left in cache().glob(f".{VERSION}.*.new"):
        shutil.rmtree(left)
    temporary = Path(tempfile.mkdtemp(prefix=f".{VERSION}.", suffix=".new", dir=cache()))
    tell(f"unpacking and building Keycloak {VERSION}")
    run(["tar", "-xzf", str(archive), "-C", str(temporary), "--strip-components=1"], what="unpacking Keycloak")
    build = [str(temporary / "bin" / "kc.sh"), "build", "--db=dev-file", "--health-enabled=true"]
    run(build, what="building Keycloak")
    temporary.chmod(0o755)
    temporary.rename(folder)


def _fetch(archive: Path, tell: Callable[[str], None]) -> None:
    """With Maven, whose own settings say where from."""
    maven = found("mvn")
    if maven is None:
        message = f"Keycloak {VERSION} is not in {archive.parent}, and there is no Maven to fetch it"
        raise ToolMissing(message, hint=f"put {archive.name} there, or install Maven")
    tell(f"fetching Keycloak {VERSION} (169 MiB)")
    artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:tar.gz"
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=archive.parent) as folder:
        run([maven, "-q", _COPY, artifact, f"-DoutputDirectory={folder}"], what=f"fetching Keycloak {VERSION}")
        (Path(folder) / archive.name).rename(archive)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time; the others wait for what it makes."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
