"""A stack on a machine without a network: from one file and Python to a server that runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.stack import ROOT

pytestmark = pytest.mark.timeout(600)
_AS_OTHER = [] if os.geteuid() == 0 else ["--map-root-user"]
ALONE = ["unshare", "--net", *_AS_OTHER]
"""Runs a command in a network namespace of its own, which no route leads out of (util-linux)."""
_SCRIPT = """\
set -e
ip link set lo up
test -z "$(ip route)"
mkdir bundle && tar -xf lab.bundle -C bundle
python3 -m venv venv
venv/bin/pip install --quiet --no-index --find-links bundle/wheels --constraint bundle/wheels/constraints.txt \\
  --requirement bundle/wheels/requirements.txt
tar -xzf bundle/platform.tar.gz
cd platform
inv() { name=$1; shift; ../venv/bin/inv "$name" --spec ../bundle/stack.yaml --state ../state "$@"; }
trap 'inv uninstall --purge --yes' EXIT
inv install --yes --bundle ../lab.bundle --trust ../lab.pub
inv server.start ada
inv plan
"""


def test_an_install_from_a_bundle_needs_no_network_and_neither_does_a_server(tmp_path: Path) -> None:
    if subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no network namespace: nothing shows that a bundle needs no network")
    profiles = {"datascience": {"enabled": False}, "words": {"display_name": "W", "packages": ["humanize"]}}
    profiles["words"]["default"] = True
    stack = {"version": 1, "name": "lab", "target": {"kind": "local"}, "profiles": profiles}
    stack["auth"] = {"kind": "native", "admin_users": ["ada"]}
    (tmp_path / "stack.yaml").write_text(yaml.safe_dump(stack))
    inv = [sys.executable, "-m", "invoke", "bundle", f"--spec={tmp_path}/stack.yaml", f"--out={tmp_path}/lab.bundle"]
    subprocess.run([*inv, f"--key={tmp_path}/lab.key"], cwd=ROOT, check=True, capture_output=True)
    # Python alone: neither uv nor any cache of this user's.
    here = {"HOME": str(tmp_path), "PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin"}

    done = subprocess.run(
        [*ALONE, "sh", "-c", _SCRIPT], cwd=tmp_path, env=here, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "/user/ada/" in done.stdout
    assert "nothing to change" in done.stdout
    assert not (tmp_path / "state").exists()
    shutil.rmtree(tmp_path / "venv")
