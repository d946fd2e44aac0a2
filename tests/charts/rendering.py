"""Our own chart as Helm renders it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Rendered = Callable[..., dict[str, Any]]
"""Values -> `Kind name` -> object."""
CHART = Path(__file__).parent.parent.parent / "charts" / "buunstack"
MONITORING = {
    "namespace": "monitoring",
    "alerts": True,
    "dashboard": True,
    "release": "kube-prometheus-stack",
    "renewer": False,
    "tokenSecret": {"name": "buunstack-lab-keys", "key": "metrics_token"},
}


def run(helm: str, *words: str, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [helm, *words, "--values=-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)


def expressions(rendered: Rendered) -> list[str]:
    """The queries of all alerts and of all panels."""
    found = rendered(monitoring=MONITORING)
    (group,) = found["PrometheusRule lab"]["spec"]["groups"]
    (dashboard,) = found["ConfigMap lab-dashboard"]["data"].values()
    targets = [target for panel in json.loads(dashboard)["panels"] for target in panel["targets"]]
    return [item["expr"] for item in (*group["rules"], *targets)]
