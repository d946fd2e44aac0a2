"""What Jupyter is told in each server, by files and variables that go before the image's and the user's own. Pure.

The extension of jupyter-mcp-server switches itself on where it is installed, so a server that is to be no tool is told.
"""

import json
from typing import Any

from spec.model import Stack

SETTINGS_FOLDER = "/etc/buunstack/jupyter"
"""Where servers on a cluster find the settings; JUPYTER_CONFIG_PATH names it."""
PATH_VARIABLE = "JUPYTER_CONFIG_PATH"
TOKEN_VARIABLE = "JUPYTERHUB_ALLOW_TOKEN_IN_URL"  # noqa: S105 - a variable's name
_TAB_SECONDS = 1
"""How long a list of tools waits for a tab of JupyterLab, which adds some; the extension's own 5 stall clients."""
REMEMBERED_SECONDS = 30
"""How long a server takes a token for good without asking the hub again: a revoked one opens it no longer than this.

JupyterHub's own 300 (jupyterhub/services/auth.py, `cache_max_age`) would let it in for five minutes.
"""
_READABLE = 0o644


def server_settings(stack: Stack) -> dict[str, str]:
    """Path below a folder of Jupyter's settings -> text."""
    own = {"jupyter_server_config.json": _text({"HubOAuth": {"cache_max_age": REMEMBERED_SECONDS}})}
    if stack.mcp.enabled:
        # Of the application's own name, so that a server without the extension reads nothing it does not know.
        waits = {"JupyterMCPServerExtensionApp": {"jupyter_mcp_tools_timeout": _TAB_SECONDS}}
        return own | {"jupyter_jupyter_mcp_server_config.json": _text(waits)}
    off = {"ServerApp": {"jpserver_extensions": {"jupyter_mcp_server": False, "jupyter_mcp_tools": False}}}
    return own | {"jupyter_server_config.d/buunstack-mcp.json": _text(off)}


def mounted_settings(stack: Stack) -> dict[str, Any]:
    """The same as files of each server on a cluster, as the chart's `singleuser.extraFiles`."""
    return {
        f"buunstack-jupyter-{number}": {
            "mountPath": f"{SETTINGS_FOLDER}/{path}",
            "mode": _READABLE,
            "stringData": text,
        }
        for number, (path, text) in enumerate(server_settings(stack).items())
    }


def server_variables(stack: Stack, given: dict[str, str]) -> dict[str, str]:
    """The variables of a server on a cluster.

    Args:
        given: what the site itself gives to the server; its folders of settings stay, behind this one.
    """
    folders = [SETTINGS_FOLDER, *filter(None, [given.get(PATH_VARIABLE)])]
    return {PATH_VARIABLE: ":".join(folders), TOKEN_VARIABLE: "1" if stack.mcp.allow_token_in_url else "0"}


def _text(content: Any) -> str:
    return json.dumps(content, indent=2) + "\n"
