"""A cluster that KubeSpawner can be told of, there or not."""

from pathlib import Path

import yaml

from tests.openbao import free_port


def of_nowhere(path: Path) -> Path:
    """A kubeconfig of an address where nothing listens, for what sends nothing to a cluster."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "nowhere",
        "clusters": [{"name": "nowhere", "cluster": {"server": f"http://127.0.0.1:{free_port()}"}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return path
