"""Small notebook images with one fault or more, built where a test needs them."""

import os
import subprocess

BASE = os.environ.get("BUUNSTACK_TEST_NOTEBOOK", "local/notebook")
"""A notebook image with JupyterHub in a virtual environment at `/opt/venv`, and none of the parts."""
SECRET = "not-a-real-secret-of-a-build"
_INSTALL = "RUN pip install -q --no-cache-dir"

DOCKERFILES = {
    "mcp": f"""
        USER root
        {_INSTALL} jupyter-mcp-server==2.2.4
        USER 1000
        LABEL io.buunstack.parts=mcp
    """,
    "old-mcp": f"""
        USER root
        {_INSTALL} jupyter-mcp-server==0.21.0 'mcp<2' 'jupyter-kernel-client<0.9' 'jupyter-nbmodel-client<0.15'
        USER 1000
    """,
    "root": "USER root",
    "broken": f"""
        USER root
        RUN printf '#!/bin/sh\\necho the extension cannot be loaded >&2\\nexit 3\\n' > /opt/venv/bin/jupyter-server
        RUN printf 'machine a login b password c' > /opt/.netrc
        RUN rm /opt/.netrc
        USER 1000
        ENV INDEX=https://me:{SECRET}@index.example.net/
        LABEL io.buunstack.parts=spark
    """,
    "open": """
        USER root
        RUN mkdir -p /opt/venv/etc/jupyter && rm -r /opt/venv/share/jupyter/kernels \\
         && printf 'c.IdentityProvider.token = ""\\nc.KernelSpecManager.ensure_native_kernel = False\\n' \\
          > /opt/venv/etc/jupyter/jupyter_server_config.py
        USER 1000
    """,
    "without-hub": """
        USER root
        RUN rm /opt/venv/bin/jupyterhub-singleuser
        USER 1000
    """,
}


def build(name: str) -> str:
    """Build one of the images; its reference."""
    tag = f"buunstack-test/{name}"
    dockerfile = "\n".join(line.strip() for line in f"FROM {BASE}\n{DOCKERFILES[name]}".splitlines())
    done = subprocess.run(
        ["docker", "build", "--network=host", f"--tag={tag}", "-"],
        input=dockerfile,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return tag


def containers(process: int) -> set[str]:
    """The names of the containers of a process's proofs; others may prove images on the same engine."""
    command = ["docker", "ps", "--all", f"--filter=name=buunstack-proof-{process}-", "--format={{.Names}}"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
