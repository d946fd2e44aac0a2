"""What a confined process cannot do, each shown to work without the confinement, and what it still can."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.local import confine

HERE = Path(__file__).parent
NO_LANDLOCK = [sys.executable, str(HERE / "no_landlock.py"), "--"]
SYSTEM_PYTHON = "/usr/bin/python3"

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Landlock is Linux's")
landlock = pytest.mark.skipif(confine.abi() == 0, reason="this machine's kernel has no Landlock")

ATTACKS = {
    "read another home": "open('{root}/homes/bob/diary').read()",
    "list another home": "import os; os.listdir('{root}/homes/bob')",
    "write into another home": "open('{root}/homes/bob/planted', 'w')",
    "read a secret": "open('{root}/secrets/key').read()",
    "read keys outside": "open('{root}/account/.ssh/id_ed25519').read()",
    "follow a link": "import os; os.symlink('{root}/secrets/key', 'link'); open('link').read()",
    "link a file into the home": "import os; os.link('{root}/secrets/key', 'mine')",
    "empty a file": "import os; os.truncate('{root}/homes/bob/diary', 0)",
    "read a process's environment": "assert b'WORD' in open('/proc/{victim}/environ', 'rb').read()",
    "reach files through a process": "open('/proc/{victim}/root{root}/secrets/key').read()",
    "plant code in the environment of Python": "open('{root}/env/lib/python/site.py', 'w')",
    "list shared memory": "import os; os.listdir('/dev/shm')",
}

WORKS = {
    "write the home": "import os; open('note', 'w').write('x'); os.rename('note', 'new'); os.remove('new')",
    "move between folders": "import os; os.mkdir('sub'); open('n', 'w'); os.rename('n', 'sub/n')",
    "a temporary file": "import tempfile; tempfile.NamedTemporaryFile().write(b'x')",
    "a pool of processes": "from multiprocessing import Pool\nwith Pool(2) as p: p.map(abs, [-1])",
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory as S\n"
        "a = S(create=True, size=9); b = S(a.name); b.close(); a.close(); a.unlink()"
    ),
    "a terminal": (
        "import os, pty, subprocess\n"
        "ours, theirs = pty.openpty()\n"
        "subprocess.run(['sh', '-c', 'tty; stty size'], stdin=theirs, stdout=theirs, check=True)\n"
        "assert b'/dev/pts/' in os.read(ours, 99)"
    ),
    "an environment of its own": (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'venv', '--without-pip', 'env'], check=True)\n"
        "subprocess.run(['env/bin/python', '-c', 'import json'], check=True)"
    ),
    "loopback": (
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\nsocket.create_connection(s.getsockname()).close()"
    ),
    "a signal to a child": "import subprocess; p = subprocess.Popen(['sleep', '60']); p.kill(); p.wait()",
    "names and certificates": "import ssl, socket; ssl.create_default_context()\nsocket.getaddrinfo('localhost', 1)",
}


class Stage:
    """A folder like a state directory, and a process of the same account that is not confined."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / "homes" / "alice"
        for name in ("homes/alice/.tmp", "homes/bob", "secrets", "account/.ssh", "env/lib/python"):
            (root / name).mkdir(parents=True)
        for name in ("homes/bob/diary", "secrets/key", "account/.ssh/id_ed25519", "env/lib/python/site.py"):
            (root / name).write_text("a secret")
        self.victim = subprocess.Popen(["sleep", "300"], env={"WORD": "a secret", "PATH": os.defpath})

    def run(self, code: str, *prefix: str) -> subprocess.CompletedProcess[str]:
        """Runs this code in alice's home, behind this command."""
        filled = code.replace("{root}", str(self.root)).replace("{victim}", str(self.victim.pid))
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.home / ".tmp")}
        return subprocess.run(
            [*prefix, sys.executable, "-c", filled],
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def run_confined(self, code: str) -> subprocess.CompletedProcess[str]:
        """Runs it as a server of alice's would be."""
        readable = [*confine.interpreter_paths(Path(sys.executable)), self.root / "env"]
        return self.run(code, *confine.arguments([self.home], readable))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """One to play on."""
    made = Stage(tmp_path)
    yield made
    made.victim.kill()
    made.victim.wait()


@landlock
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_confined_process_cannot(stage: Stage, attack: str) -> None:
    confined = stage.run_confined(attack)
    assert confined.returncode == 1
    # A link out of the home, or one into it, is refused as one between two file systems.
    assert "PermissionError" in confined.stderr or "Invalid cross-device link" in confined.stderr
    (stage.home / "link").unlink(missing_ok=True)
    free = stage.run(attack)
    assert free.returncode == 0, free.stderr


@landlock
@pytest.mark.skipif(confine.abi() < 6, reason="this kernel's Landlock does not hold signals back")
def test_a_confined_process_cannot_signal_another(stage: Stage) -> None:
    attack = "import os; os.kill({victim}, 15)"
    assert "PermissionError" in stage.run_confined(attack).stderr
    assert stage.victim.poll() is None
    assert stage.run(attack).returncode == 0
    assert stage.victim.wait(10) == -15


@landlock
def test_a_confined_root_makes_no_device_nodes(stage: Stage) -> None:
    attack = "import os, stat; os.mknod('disk', 0o600 | stat.S_IFCHR, os.makedev(1, 3))"
    if stage.run(attack).returncode != 0:
        pytest.skip("this account cannot make device nodes anyway")
    (stage.home / "disk").unlink()
    assert "PermissionError" in stage.run_confined(attack).stderr


@landlock
@pytest.mark.parametrize("deed", WORKS.values(), ids=WORKS.keys())
def test_a_confined_process_can_use(stage: Stage, deed: str) -> None:
    done = stage.run_confined(deed)
    assert done.returncode == 0, done.stderr


@landlock
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_confined_process_can_use_git(stage: Stage) -> None:
    done = stage.run_confined("import subprocess; subprocess.run(['git', 'init', '-q', 'work'], check=True)")
    assert done.returncode == 0, done.stderr
    assert (stage.home / "work" / ".git").is_dir()


@landlock
@pytest.mark.skipif(os.geteuid() != 0, reason="all of these tests run as a plain user already")
@pytest.mark.skipif(not Path(SYSTEM_PYTHON).exists(), reason="there is no Python that every account can run")
def test_a_plain_user_can_confine() -> None:
    nobody = 65534
    with tempfile.TemporaryDirectory() as folder:
        home, other = Path(folder) / "home", Path(folder) / "other"
        for made in (home, other):
            made.mkdir()
            os.chown(made, nobody, nobody)
        os.chmod(folder, 0o755)
        program = shutil.copy(confine.__file__, folder)
        code = f"open('{home}/a', 'w'); open('{other}/b', 'w')"
        behind = [SYSTEM_PYTHON, "-c", code]
        before = [SYSTEM_PYTHON, "-I", program, *confine.arguments([home], [])[3:]]
        account = {"user": nobody, "group": nobody, "extra_groups": [], "cwd": "/", "env": {}}
        confined = subprocess.run([*before, *behind], capture_output=True, text=True, **account)
        assert f"PermissionError: [Errno 13] Permission denied: '{other}/b'" in confined.stderr
        assert subprocess.run(behind, **account).returncode == 0


@linux
def test_without_landlock_the_version_is_0_and_nothing_runs(stage: Stage) -> None:
    root = str(HERE.parents[2])
    ask = [sys.executable, "-c", "from hub.local import confine; print(confine.abi())"]
    asked = subprocess.run([*NO_LANDLOCK, *ask], cwd=root, capture_output=True, text=True, check=True)
    assert asked.stdout == "0\n"
    refused = stage.run("open('ran', 'w')", *NO_LANDLOCK, *confine.arguments([stage.home], []))
    assert refused.returncode == 126
    assert refused.stderr == ("confine: this kernel has no Landlock, or has it disabled; the command was not started\n")
    assert not (stage.home / "ran").exists()


@landlock
def test_a_confined_root_has_no_capabilities_left(stage: Stage) -> None:
    told = stage.run_confined("print(open('/proc/self/status').read())").stdout.split()
    sets = {name: int(told[told.index(f"{name}:") + 1], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")}
    assert set(sets.values()) == {0}


@landlock
def test_a_missing_program_is_told_in_a_sentence_also_with_a_closed_folder_on_the_path(
    stage: Stage, tmp_path: Path
) -> None:
    before = confine.arguments([stage.home], [])
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    told = subprocess.run([*before, "no-such-program"], env=environment, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (
        127,
        "confine: cannot run no-such-program: No such file or directory\n",
    )


@pytest.mark.parametrize("words", [[], ["--read-only"], ["--"], ["--write", "/", "--", "true"]])
def test_an_unknown_word_is_refused(words: list[str]) -> None:
    told = subprocess.run([*confine.arguments([], [])[:3], *words], capture_output=True, text=True)
    assert told.returncode == 126
    assert told.stderr.startswith("confine: usage: ")


def test_each_version_handles_what_its_kernel_knows() -> None:
    names = {version: confine.handled(version).bit_length() for version in range(1, 8)}
    assert names == {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16}
    assert len(confine.gaps(1)) == 2
    assert confine.gaps(6) == confine.gaps(0) == []
