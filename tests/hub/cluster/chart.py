"""The hub's folder as its pod has it: the chart's own configuration, what it mounts, and the stack's files."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from apply.charts import Chart, cache
from render.hubfiles import cluster_files
from render.values import merged
from spec.model import Stack
from tests.hub.cluster.stacks import FOUND
from tests.openbao import free_port

_MOUNTED = "/usr/local/etc/jupyterhub"
_HUB_PORT = "8081"
UPSTREAMS_SNIPPET = """
c.JupyterHub.services = [{"name": "admin-service", "api_token": "x"}, {"name": "metrics", "api_token": "y"}]
c.JupyterHub.load_roles = [
    {"name": "admin-service-role", "services": ["admin-service"], "scopes": ["admin:users", "tokens", "admin:servers"]},
    {"name": "metrics-role", "services": ["metrics"], "scopes": ["read:metrics"]},
]
"""
"""How a site adds services by assignment: the chart's culler is gone with that."""


def z2jh(version: str) -> Chart:
    """The z2jh chart from the product's cache."""
    cached = cache() / f"jupyterhub-{version}.tgz"
    if not cached.is_file():
        pytest.skip(f"{cached} is not there: the chart's own configuration cannot be run without it")
    return Chart(cached)


class HubFolder:
    """`/usr/local/etc/jupyterhub` of the hub's pod, somewhere else, and the environment that goes with it."""

    def __init__(
        self, path: Path, stack: Stack, values: dict[str, Any], namespace: str = "nowhere", version: str = "4.4.0"
    ) -> None:
        chart = z2jh(version)
        self.path = path
        self.hub_port, self.proxy_port = free_port(), free_port()
        own = {name: chart.read(f"files/hub/{name}") for name in ("jupyterhub_config.py", "z2jh.py")}
        for name, text in own.items():
            self._write(name, text.replace(_MOUNTED, str(path)).replace(_HUB_PORT, str(self.hub_port)))
        for name, text in cluster_files(stack, FOUND).items():
            self._write(name, text)
        given = {
            **merged(chart.values(), values),
            "Release": {"Name": stack.name},
            "Chart": {"Name": "jupyterhub"},
        }
        self._write("secret/values.yaml", yaml.safe_dump(given))
        self._write("secret/hub.config.JupyterHub.cookie_secret", "c0" * 32)
        self._write("secret/hub.config.CryptKeeper.keys", "ab" * 32)
        for name, service in values["hub"]["services"].items():
            self._write(f"secret/hub.services.{name}.apiToken", service["apiToken"])
        for name in ("hub", "proxy-api", "singleuser"):
            self._write(f"config/{name}", name)
        self.environment = {
            **{name: text for name, text in os.environ.items() if name != "PYTHONPATH"},
            # The chart starts its culler with whatever python3 is found first.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "POD_NAMESPACE": namespace,
            "HUB_SERVICE_PORT": str(self.hub_port),
            "PROXY_API_SERVICE_PORT": str(self.proxy_port),
            "CONFIGPROXY_AUTH_TOKEN": "proxy-token-of-tests",
            "PYTHONDONTWRITEBYTECODE": "1",
            "BUUNSTACK_ADMIN_SERVICE_TOKEN": "admin_service_token-of-tests",
        }

    def _write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
