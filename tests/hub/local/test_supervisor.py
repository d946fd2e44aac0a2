"""The supervisor with parts of a line each: order, restarts with growing pauses, changes, a clean stop."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.hub.realhub import eventually
from tests.openbao import free_port

ROOT = Path(__file__).parents[3]
SERVER = """
import time
from http.server import SimpleHTTPRequestHandler, test
time.sleep({late})
test(SimpleHTTPRequestHandler, port={port}, bind="127.0.0.1")
"""


def part(name: str, code: str, **fields: Any) -> dict[str, Any]:
    """A part that runs Python code."""
    defaults = {"environment": {}, "environment_files": {}, "after": [], "ready": None, "stop_seconds": 5}
    command = [sys.executable, "-c", code]
    return {"name": name, "command": command, "fingerprint": code, "directory": "/", **defaults, **fields}


def answering(name: str, late: float = 0, **fields: Any) -> dict[str, Any]:
    """A part that is ready when it answers, some seconds after its start."""
    port = free_port()
    ready = {"url": f"http://127.0.0.1:{port}/", "status": [200], "ca": None}
    return part(name, SERVER.format(late=late, port=port), ready=ready, **fields)


class Supervised:
    """A state directory with a supervisor that the test started."""

    def __init__(self, state: Path) -> None:
        self.state = state
        for folder in ("conf", "run/servers", "log"):
            (state / folder).mkdir(parents=True)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *parts: dict[str, Any]) -> None:
        self.declare(*parts)
        command = [sys.executable, "-m", "hub.local.supervisor", str(self.state)]
        with (self.state / "log" / "supervisor.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def declare(self, *parts: dict[str, Any]) -> None:
        (self.state / "conf" / "parts.json").write_text(json.dumps({"parts": parts}))

    def reload(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGHUP)

    def parts(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.state / "run" / "status.json").read_text())["parts"])
        except FileNotFoundError:
            return {}

    def ready(self, *names: str) -> Callable[[], bool]:
        return lambda: all(self.parts().get(name, {}).get("state") == "ready" for name in names)

    def stop(self) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    supervised = Supervised(tmp_path)
    yield supervised
    supervised.stop()


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() if Path("/proc").exists() else os.system(f"kill -0 {pid}") == 0


def test_a_part_starts_when_those_before_it_answer(supervised: Supervised) -> None:
    supervised.start(answering("first", late=0.7), answering("second", after=["first"]))

    eventually(lambda: supervised.parts().get("first", {}).get("pid"), "the first part")
    assert supervised.parts()["second"]["pid"] is None
    eventually(supervised.ready("first", "second"), "both parts")

    assert supervised.parts()["second"]["since"] > supervised.parts()["first"]["since"]


def test_a_part_that_ends_at_once_is_started_again_with_growing_pauses(supervised: Supervised) -> None:
    started = supervised.state / "started"
    code = f"import time; open({str(started)!r}, 'a').write(str(time.time()) + '\\n'); raise SystemExit(3)"
    supervised.start(part("broken", code))

    eventually(lambda: started.exists() and len(started.read_text().splitlines()) >= 4, "four starts", 20)

    times = [float(line) for line in started.read_text().splitlines()]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[0] < pauses[1] < pauses[2]
    assert supervised.parts()["broken"]["last_exit"] == "ended with 3"


def test_a_killed_part_is_named_with_its_signal(supervised: Supervised) -> None:
    supervised.start(part("sleeper", "import time; time.sleep(300)"))
    eventually(supervised.ready("sleeper"), "the part")
    pid = supervised.parts()["sleeper"]["pid"]

    os.kill(pid, signal.SIGKILL)

    eventually(lambda: supervised.parts()["sleeper"]["pid"] not in (None, pid), "another process")
    assert supervised.parts()["sleeper"]["last_exit"] == "killed by SIGKILL"
    assert supervised.parts()["sleeper"]["restarts"] == 1


def test_only_what_changed_is_restarted_and_what_is_gone_is_stopped(supervised: Supervised) -> None:
    same, gone = part("same", "import time; time.sleep(300)"), part("gone", "import time; time.sleep(301)")
    supervised.start(same, gone, part("other", "import time; time.sleep(302)"))
    eventually(supervised.ready("same", "gone", "other"), "all parts")
    before = {name: entry["pid"] for name, entry in supervised.parts().items()}

    supervised.declare(same, part("other", "import time; time.sleep(303)"))
    supervised.reload()

    eventually(lambda: set(supervised.parts()) == {"same", "other"}, "one part to be gone")
    eventually(supervised.ready("same", "other"), "the others")
    after = {name: entry["pid"] for name, entry in supervised.parts().items()}
    assert after["same"] == before["same"]
    assert after["other"] != before["other"]
    assert not runs(before["gone"])


def test_a_table_that_cannot_be_read_changes_nothing(supervised: Supervised) -> None:
    supervised.start(part("sleeper", "import time; time.sleep(300)"))
    eventually(supervised.ready("sleeper"), "the part")
    pid = supervised.parts()["sleeper"]["pid"]

    (supervised.state / "conf" / "parts.json").write_text('{"parts": [')
    supervised.reload()

    log = supervised.state / "log" / "supervisor.log"
    eventually(lambda: "the parts go on as they are" in log.read_text(), "a line in the log")
    assert supervised.parts()["sleeper"]["pid"] == pid


def test_a_stop_ends_the_parts_the_last_one_first_also_one_that_is_deaf(supervised: Supervised) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    supervised.start(answering("first"), part("deaf", deaf, after=["first"], stop_seconds=0.5))
    eventually(supervised.ready("first", "deaf"), "both parts")
    pids = [entry["pid"] for entry in supervised.parts().values()]

    assert supervised.stop() == 0

    assert not any(map(runs, pids))
    lines = (supervised.state / "log" / "supervisor.log").read_text()
    assert lines.index("stopping deaf") < lines.index("stopping first")


def test_a_second_supervisor_does_not_start(supervised: Supervised) -> None:
    supervised.start(part("sleeper", "import time; time.sleep(300)"))
    eventually(supervised.ready("sleeper"), "the part")

    command = [sys.executable, "-m", "hub.local.supervisor", str(supervised.state)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    assert second.returncode == 5
    assert "another supervisor holds" in second.stderr


def test_the_next_supervisor_takes_over_what_a_killed_one_left(supervised: Supervised) -> None:
    sleeper = part("sleeper", "import time; time.sleep(300)")
    supervised.start(sleeper)
    eventually(supervised.ready("sleeper"), "the part")
    pid, started = supervised.parts()["sleeper"]["pid"], time.time()
    assert supervised.process
    supervised.process.kill()
    supervised.process.wait()

    supervised.start(sleeper)

    eventually(lambda: supervised.parts()["sleeper"]["since"] > started, "the new supervisor to look")
    assert supervised.parts()["sleeper"]["pid"] == pid


def test_a_part_has_its_secret_from_a_file_and_nothing_of_the_callers_environment(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = supervised.state / "secret"
    secret.write_text("a word\n")
    monkeypatch.setenv("OF_THE_CALLER", "1")
    out = supervised.state / "environment"
    code = f"import json, os, time; open({str(out)!r}, 'w').write(json.dumps(dict(os.environ))); time.sleep(300)"
    supervised.start(part("asking", code, environment={"PLAIN": "1"}, environment_files={"SECRET": str(secret)}))

    eventually(lambda: out.exists() and out.read_text(), "the part")

    seen = json.loads(out.read_text())
    assert (seen["PLAIN"], seen["SECRET"]) == ("1", "a word")
    assert "OF_THE_CALLER" not in seen
    assert "a word" not in (supervised.state / "run" / "status.json").read_text()
