"""A server of the tests as a process of its own, which a test may end in each way a server can end."""

import shutil
import signal
import subprocess
from pathlib import Path


class ServerProcess:
    """One process, with its output in `log`; subclasses know its command and when it is ready."""

    log: Path
    _process: subprocess.Popen[bytes] | None = None

    def __exit__(self, *_: object) -> None:
        self.stop()

    def launch(self, command: list[str], environment: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """Start the process."""
        if shutil.which("setpriv"):  # a test run that is killed leaves no server behind
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        return self._process

    def stop(self) -> None:
        """End the process as an operator would."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)
