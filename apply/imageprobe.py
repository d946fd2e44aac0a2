"""What runs inside an image that is being proven: plain Python 3.9, standard library only, as the notebook's user.

It is sent as text (`python -c TEXT COMMAND`). `serve` runs the notebook server; every other command makes one check
and prints one line of JSON: its `state` (ok, failed, absent) and `words`.
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path
from typing import Any

SERVER = "http://127.0.0.1:8888"
STARTS_IN_SECONDS = 120
CHECK_TAKES_SECONDS = 240
LIVES_SECONDS = 1800
"""A proof that was killed leaves no container that runs for ever."""
FEWEST_TOOLS = 10
KEPT = Path.home() / ".buunstack-proof"
"""The environment of the server, as an entry point has made it, and its end."""


class Failed(Exception):
    """The check's words."""


class Absent(Exception):
    """The image does not have this part."""


def serve() -> None:
    """Run the notebook server and outlive it, so that the other checks can be made when it ends."""
    os.environ["JUPYTER_TOKEN"] = secrets.token_hex(24)
    KEPT.mkdir(mode=0o700)
    (KEPT / "environment").write_text(json.dumps(dict(os.environ)))
    command = ["jupyter", "server", "--ip=127.0.0.1", "--port=8888", "--no-browser", "--ServerApp.base_url=/"]
    command += ["--allow-root"] if os.getuid() == 0 else []
    end = time.monotonic() + LIVES_SECONDS
    server = os.fork()
    if server == 0:
        try:
            os.execvp(command[0], command)  # noqa: S606 - there is nothing for a shell to do
        except OSError as error:
            sys.stderr.write(f"{command[0]}: {error.strerror}\n")
            os._exit(127)
    while time.monotonic() < end:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            ended = 0
        if ended == server:
            (KEPT / "ended").write_text(str(os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)))
        if not ended:
            time.sleep(0.2)


def check_start() -> str:
    """The server answers, and only to who has its token; the hub's own program is there."""
    started = time.monotonic()
    while True:
        if (KEPT / "ended").exists():
            raise Failed("the notebook server ended by itself with {}".format((KEPT / "ended").read_text()))
        status, _, _ = _call("/api/status")
        if status:
            break
        if time.monotonic() - started > STARTS_IN_SECONDS:
            raise Failed(f"the notebook server does not answer after {STARTS_IN_SECONDS} s")
        time.sleep(0.3)
    took = time.monotonic() - started
    anonymous, known = _call("/api/status", token=None)[0], _call("/api/status")[0]
    if anonymous not in (401, 403) or known != 200:
        raise Failed(f"the server answers {anonymous} without a token and {known} with it, not 403 and 200")
    return "the server answered after {:.0f} s; jupyterhub-singleuser {}".format(
        took, _version("jupyterhub-singleuser")
    )


def check_processes() -> str:
    """Nothing runs as root."""
    count, roots = 0, set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        count += 1
        if "0" in fields["Uid"].split():
            roots.add(fields["Name"].strip())
    if roots:
        raise Failed("as root: {}".format(", ".join(sorted(roots))))
    return f"{count} processes, none of root"


def check_kernel() -> str:
    """A kernel that the server starts runs a cell."""
    status, _, made = _call("/api/kernels", {"name": "python3"})
    if status != 201:
        raise Failed("the server starts no kernel python3: {}".format(status or "it does not run"))
    printed: list[str] = []
    kernel = json.loads(made)["id"]
    runtime = importlib.import_module("jupyter_core.paths").jupyter_runtime_dir()
    client = importlib.import_module("jupyter_client").BlockingKernelClient(
        connection_file=f"{runtime}/kernel-{kernel}.json"
    )
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.execute_interactive(
            "print(6 * 7)",
            timeout=60,
            output_hook=lambda message: printed.append(_shown(message["msg_type"], message["content"])),
        )
    except (RuntimeError, TimeoutError) as error:
        raise Failed(f"the kernel does not answer: {error}") from error
    finally:
        client.stop_channels()
        _call(f"/api/kernels/{kernel}", method="DELETE")
    if "".join(printed).strip() != "42":
        raise Failed("6 * 7 gave {}".format("".join(printed)[:200] or "nothing"))
    return "6 * 7 = 42"


def _shown(kind: str, content: dict[str, Any]) -> str:
    return str(content.get("text" if kind == "stream" else "evalue", ""))


def check_buunstack() -> str:
    """The client of the secret store can be imported."""
    _needed("buunstack")
    importlib.import_module("buunstack")
    return metadata.version("buunstack")


def check_spark() -> str:
    """A job with two workers, without any network but loopback."""
    _needed("pyspark")
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_HOSTNAME="localhost", PYSPARK_PYTHON=sys.executable)
    builder = importlib.import_module("pyspark.sql").SparkSession.builder.master("local[2]")
    for name, value in (("driver.host", "127.0.0.1"), ("driver.bindAddress", "127.0.0.1"), ("ui.enabled", "false")):
        builder = builder.config("spark." + name, value)
    session = builder.getOrCreate()
    try:
        total = session.sparkContext.parallelize(range(1000), 2).sum()
    finally:
        session.stop()
    if total != 499500:
        raise Failed(f"the sum of 0 to 999 gave {total}")
    return f"{session.version}: the sum of 0 to 999 = 499500"


def check_clickhouse() -> str:
    """The library, and the program where it is."""
    program = shutil.which("clickhouse-client")
    if not program:
        _needed("clickhouse_connect")
    found = ["clickhouse-client: " + _version("clickhouse-client")] if program else []
    if util.find_spec("clickhouse_connect"):
        importlib.import_module("clickhouse_connect")
        found.insert(0, "clickhouse_connect " + metadata.version("clickhouse-connect"))
    return ", ".join(found)


def check_mcp() -> str:
    """The server's tools are there for who has the token, and for nobody else."""
    try:
        version = metadata.version("jupyter-mcp-server")
    except metadata.PackageNotFoundError:
        raise Absent from None
    for name, token in (("without a token", None), ("with a wrong token", "wrong")):
        for method in ("initialize", "tools/list"):
            status, _, _ = _rpc(method, token)
            if status not in (401, 403):
                raise Failed(_open_door(version, name, status))
    status, headers, answer = _rpc("initialize", _OWN)
    if status != 200:
        raise Failed(f"jupyter-mcp-server {version}: initialize is answered with {status}: {answer[:200]}")
    status, _, answer = _rpc("tools/list", _OWN, headers.get("mcp-session-id"))
    tools = [tool["name"] for tool in (_message(answer).get("result") or {}).get("tools", ())]
    if len(tools) < FEWEST_TOOLS:
        raise Failed(f"jupyter-mcp-server {version}: {len(tools)} tools, fewer than {FEWEST_TOOLS}")
    return f"jupyter-mcp-server {version}, {len(tools)} tools, none without the token"


def _open_door(version: str, name: str, status: int) -> str:
    if 200 <= status < 300:
        words = "jupyter-mcp-server {} answers {}: anybody who reaches the server could run code (1.0.0 and newer ask)"
        return words.format(version, name)
    what = "does not run" if not status else f"answers {status} {name}, not 403"
    return f"jupyter-mcp-server {version} is installed, and /mcp {what}"


def _rpc(method: str, token: str | None, session: str | None = None) -> tuple[int, dict[str, str], str]:
    client = {"name": "buunstack", "version": "1"}
    parameters = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": client}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters if method == "initialize" else {}}
    extra = {"Accept": "application/json, text/event-stream", **({"Mcp-Session-Id": session} if session else {})}
    return _call("/mcp", body, token=token, headers=extra)


def _message(answer: str) -> dict[str, Any]:
    """The JSON of an answer, which may be an event stream."""
    lines = [line[5:] for line in answer.splitlines() if line.startswith("data:")]
    try:
        found = json.loads(lines[-1] if lines else answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _needed(package: str) -> None:
    if util.find_spec(package) is None:
        raise Absent


def _version(program: str) -> str:
    """What `PROGRAM --version` says."""
    if not shutil.which(program):
        raise Failed(f"{program} is not there")
    pipe = os.popen(f"{program} --version 2>&1")  # noqa: S605 - names of this file
    said, failure = pipe.read().strip(), pipe.close()
    if failure:
        raise Failed(f"{program} --version failed: {said[-500:]}")
    return (said.splitlines() or [""])[-1]


_OWN = "the server's own"


def _call(
    path: str,
    body: Any = None,
    *,
    token: str | None = _OWN,
    method: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """One request to the server; status 0 when it does not answer."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if token is not None:
        sent["Authorization"] = "token " + (os.environ.get("JUPYTER_TOKEN", "") if token is _OWN else token)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data, sent, method=method)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, {}, error.read().decode("utf-8", "replace")
    except OSError:
        return 0, {}, ""


def _late(*_: object) -> None:
    raise TimeoutError(f"it takes longer than {CHECK_TAKES_SECONDS} s")


def _as_the_server() -> None:
    """Take over what an entry point gave to the server and `exec` did not give to this process."""
    if (KEPT / "environment").exists():
        os.environ.update(json.loads((KEPT / "environment").read_text()))
        sys.path += [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path]


def answer_of(check: Callable[[], str]) -> dict[str, str]:
    """One check's outcome; whatever it raises is a failure."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(CHECK_TAKES_SECONDS)
    try:
        return {"state": "ok", "words": check()}
    except Absent:
        return {"state": "absent", "words": "not in this image"}
    except Failed as failure:
        return {"state": "failed", "words": str(failure)}
    except BaseException as error:  # noqa: BLE001 - the image's packages may raise anything
        return {"state": "failed", "words": f"{type(error).__name__}: {str(error)[:500]}"}
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    command = sys.argv[1]
    if command == "serve":
        serve()
    else:
        answers = os.dup(1)
        os.dup2(2, 1)  # what the packages print is no answer
        _as_the_server()
        os.write(answers, json.dumps(answer_of(globals()["check_" + command])).encode() + b"\n")
