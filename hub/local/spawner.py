"""Notebook servers as processes of the hub's account, each confined to its user's home. Touches processes."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Enum, Integer, List, Unicode, default, observe

from hub.local import confine, process
from hub.local.start import GRAMMAR
from hub.names import segment
from hub.refusal import NotStarted

_PROGRAM = f"import sys; sys.modules[{GRAMMAR!r}] = None; from jupyterhub.singleuser import main; main()"
"""`-m jupyterhub.singleuser` without what takes a third of its imports' time and is no use to it."""
_MARK = "BUUNSTACK_SERVER"
_PORT_ATTEMPTS = 3
_LONGEST_FILE_NAME = 255


class LocalSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """Starts servers that outlive the hub, reach no other user's files, and are known by more than a pid."""

    state_dir = Unicode(config=True, help="The stack's state directory")
    python = Unicode(sys.executable, config=True, help="The interpreter of servers without an environment of their own")
    environment_id = Unicode(config=True, help="Folder below STATE/profiles whose interpreter runs the server")
    notebook_path = Unicode(
        config=True, help="Folder every server has on its paths of Python and of Jupyter's settings, read-only"
    )
    confinement = Enum(
        ["auto", "off"],
        "auto",
        config=True,
        help="`auto`: confine with Landlock; `off`: users can reach each other",
    )
    read_only_paths = List(Unicode(), config=True, help="What servers may read besides their home and the system")
    sole_user = Unicode(config=True, help="Who may start servers although the kernel cannot confine them")
    term_timeout = Integer(10, config=True, help="Seconds a server has to end its kernels and itself")
    port = Integer(0, config=True, help="Where the server listens on loopback; 0 for any free port")
    identity = Unicode(help="Tells the server's process from a later one with the same pid")

    @default("env_keep")  # type: ignore[untyped-decorator]
    def _only_language_and_time(self) -> list[str]:
        return ["LANG", "LC_ALL", "TZ"]

    @default("cmd")  # type: ignore[untyped-decorator]
    def _command(self) -> list[str]:
        folder = Path(self.state_dir) / "profiles" / self.environment_id
        python = str(folder / "bin" / "python") if self.environment_id else self.python
        # A `random.py` of the user's must not stand in for the library's.
        return [python, "-P", "-c", _PROGRAM]

    @observe("environment_id")  # type: ignore[untyped-decorator]
    def _environment_changed(self, _change: object) -> None:
        self.cmd = self._command()

    @property
    def home(self) -> Path:
        """The user's home, the only folder of the state directory a server may write to."""
        return Path(self.state_dir) / "homes" / segment(self.user.name)

    @property
    def mark(self) -> str:
        """What every process of this server has in its environment."""
        return f"{self.state_dir}:{segment(self.user.name)}/{segment(self.name)}"

    @property
    def record(self) -> Path:
        """The file that tells other commands that this server runs."""
        name = f"{segment(self.user.name)}--{segment(self.name)}.json"
        return Path(self.state_dir) / "run" / "servers" / name

    @property
    def log_file(self) -> Path:
        """Where the server writes what it has to say."""
        return Path(self.state_dir) / "log" / f"server-{segment(self.user.name)}.log"

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The environment with what belongs to this user and server; nothing else of the hub's goes along."""
        path = [str(Path(self.cmd[0]).parent), os.environ.get("PATH", os.defpath)]
        env.setdefault("PATH", os.pathsep.join(path))
        env.setdefault("SHELL", next((s for s in ("/bin/bash", "/bin/zsh") if Path(s).exists()), "/bin/sh"))
        for variable in ("PYTHONPATH", "JUPYTER_CONFIG_PATH") if self.notebook_path else ():
            folders = env.get(variable, "").split(os.pathsep)
            if self.notebook_path not in folders:
                env[variable] = os.pathsep.join(filter(None, [self.notebook_path, *folders]))
        return env | {
            "USER": self.user.name,
            "LOGNAME": self.user.name,
            "HOME": str(self.home),
            "TMPDIR": str(self.home / ".tmp"),
            "JUPYTER_RUNTIME_DIR": str(self.home / ".runtime"),
            _MARK: self.mark,
        }

    async def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """Leaves them where they are: there is no other account to give them to."""
        return paths

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes up what an earlier hub stored, unless the pid is another process's by now."""
        super().load_state(state)
        self.environment_id = state.get("environment_id", "")
        self.identity = state.get("identity", "")
        if not self._lives():
            self.pid, self.identity = 0, ""

    def get_state(self) -> dict[str, Any]:
        """What the next hub needs to find the server again."""
        state: dict[str, Any] = super().get_state()
        if self.pid:
            state["identity"] = self.identity
        if self.environment_id:
            state["environment_id"] = self.environment_id
        return state

    def clear_state(self) -> None:
        """Forgets the process; what was chosen for the next start stays."""
        super().clear_state()
        self.identity = ""
        if self.state_dir:
            self.record.unlink(missing_ok=True)

    async def start(self) -> tuple[str, int]:
        """Starts the server and returns its address once it listens there.

        Raises:
            NotStarted: it may not run here, or ended before it listened.
        """
        if len(self.record.name) > _LONGEST_FILE_NAME:
            raise NotStarted(400, "The server's name is too long for this system: choose a shorter one.")
        prefix = self._confinement()
        self._make_home()
        # A server that crashed, or whose hub did, may have left kernels behind.
        self._end_marked()
        for attempt in range(_PORT_ATTEMPTS):
            if not self.port or attempt or not _is_free(self.port):
                self.port = _free_port()
            self._launch([*prefix, *self.cmd, *self.get_args()])
            if await self._settled():
                return (self.ip or "127.0.0.1", self.port)
            if _is_free(self.port):
                break
            self.log.warning("Port %i of %s was taken meanwhile", self.port, self._log_name)
        self._end_marked()
        raise NotStarted(500, f"The server ended while it started; log/{self.log_file.name} says why.")

    async def stop(self, now: bool = False) -> None:
        """Ends the server and all it has started; `now` leaves no time for an orderly end."""
        if await self.poll() is None and not now:
            await self._signal(signal.SIGTERM)
            await self.wait_for_death(self.term_timeout)
        if await self.poll() is None:
            await self._signal(signal.SIGKILL)
            await self.wait_for_death(self.kill_timeout)
        if await self.poll() is None:
            self.log.error("Process %i of %s does not end, although killed", self.pid, self._log_name)
        self._end_marked()

    async def _signal(self, sig: int) -> bool:
        """Signals the server's process group; false when the process is gone or the pid is another's."""
        if not self._lives():
            return False
        if sig:
            try:
                # The server leads its own session, so its pid is its group's too.
                os.killpg(self.pid, sig)
            except ProcessLookupError:
                return False
        return True

    def _lives(self) -> bool:
        return bool(self.pid and self.identity) and process.alive(self.pid, self.identity)

    def _confinement(self) -> list[str]:
        """What goes before the command to confine it; empty when it runs unconfined."""
        if self.confinement == "off":
            self.log.warning("NOT CONFINED: %s can read other users' files (confinement: off)", self._log_name)
            return []
        version = confine.abi()
        if version == 0 and self.user.name == self.sole_user:
            self.log.warning("NOT CONFINED: this system has no Landlock; only %s may start servers", self.sole_user)
            return []
        if version == 0:
            raise NotStarted(
                403,
                "This system cannot keep users apart (its kernel has no Landlock), so "
                + (f"only {self.sole_user} may start a server here." if self.sole_user else "no server is started."),
            )
        for gap in confine.gaps(version):
            self.log.warning("Landlock of this kernel is old (version %i): servers can %s", version, gap)
        read_only = [*confine.interpreter_paths(Path(self.cmd[0])), *self.read_only_paths]
        read_only += [self.notebook_path] if self.notebook_path else []
        return confine.arguments([self.home], read_only)

    def _make_home(self) -> None:
        for folder in (self.home.parent, self.home, self.home / ".tmp", self.home / ".runtime"):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except FileExistsError:
                raise NotStarted(403, f"{folder.name} in your home has to be a folder: rename what is there.") from None

    def _launch(self, command: list[str]) -> None:
        for folder in (self.log_file.parent, self.record.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log.info("Starting %s on port %i", self._log_name, self.port)
        output = os.open(self.log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        streams: dict[str, Any] = {"stdin": DEVNULL, "stdout": output, "stderr": STDOUT}
        try:
            self.proc = Popen(
                command, env=self.get_env(), cwd=self.home, umask=0o077, start_new_session=True, **streams
            )
        except OSError as error:
            raise NotStarted(500, f"The server's program cannot be started: {error.strerror}.") from error
        finally:
            os.close(output)
        self.pid = self.proc.pid
        self.identity = process.identity(self.pid) or ""
        self._write_record()

    def _write_record(self) -> None:
        content = {"pid": self.pid, "identity": self.identity, "user": self.user.name, "server": self.name}
        fresh = self.record.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
        fresh.replace(self.record)

    async def _settled(self) -> bool:
        """Whether the server listens, at last, or has ended; JupyterHub's start_timeout bounds the wait."""
        while await self.poll() is None:
            if _listens(self.pid, self.port):
                return True
            await asyncio.sleep(0.1)
        return False

    def _end_marked(self) -> None:
        """Kills what the server left running: kernels and terminals have sessions of their own."""
        wanted = f"{_MARK}={self.mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            # Gone meanwhile, or another account's.
            with contextlib.suppress(OSError):
                pid = int(folder.name)
                identity = process.identity(pid)
                if identity and wanted in (folder / "environ").read_bytes().split(b"\0"):
                    process.send(pid, identity, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: what still lingers of closed connections does not hinder them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _listens(pid: int, port: int) -> bool:
    """Whether the process itself holds the port; where the system does not tell, anyone's will do."""
    tables = [Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6")]
    if not tables[0].exists():
        return not _is_free(port)
    with contextlib.suppress(OSError):
        rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
        listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
        return any(str(entry.readlink()) in listening for entry in Path(f"/proc/{pid}/fd").iterdir())
    return False
