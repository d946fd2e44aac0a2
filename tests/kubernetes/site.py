"""A stack on a real cluster, installed as a platform team does it."""

import base64
import contextlib
import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from apply import tunnel
from apply.charts import cache
from apply.kube import Kube
from apply.kubeconfig import access
from tests.e2e.stack import Commands, Person

CHART = "4.4.0"
IMAGES = os.environ.get("BUUNSTACK_TEST_IMAGES", "local/hub:latest local/proxy:latest local/notebook:latest").split()
"""Of the hub, the proxy and a notebook, at the versions of the chart; the nodes have them already."""
PASSWORD = "a-password-for-tests-only"


def chart_is_there() -> bool:
    """Whether the z2jh chart is in the product's cache."""
    return (cache() / f"jupyterhub-{CHART}.tgz").is_file()


def profile(**more: Any) -> dict[str, Any]:
    """A profile with the image that the nodes have."""
    pod = {"image": IMAGES[2], "image_pull_policy": "Never", "cmd": ["jupyterhub-singleuser"]}
    return {"display_name": "Lab", "image": "lab.internal/notebook:1", "pod": pod, **more}


def chart_values() -> dict[str, Any]:
    """The images of hub and proxy that the nodes have."""
    hub, proxy = ({"name": image.rpartition(":")[0], "tag": image.rpartition(":")[2]} for image in IMAGES[:2])
    never = {"pullPolicy": "Never"}
    return {"hub": {"image": hub | never}, "proxy": {"chp": {"image": proxy | never}}}


class Site(Commands):
    """`inv` on one stack file, in a namespace of its own."""

    patience_seconds = 400

    def __init__(self, folder: Path, **spec: Any) -> None:
        self.folder = folder
        self.spec = folder / "stack.yaml"
        self.namespace = f"site-{secrets.token_hex(4)}"
        self.environment: dict[str, str] = {}
        self.url = ""
        self.ca: str | bool = True
        self.way_in = 0
        """The port of this machine where an ingress controller serves `url`."""
        self.declare(**spec)

    def declare(self, **spec: Any) -> None:
        """Write the stack file; a section that is given replaces the usual one."""
        self.content = {
            "version": 1,
            "name": "lab",
            "target": {"kind": "kubernetes", "namespace": self.namespace, "timeout": "3m"},
            "chart": {"version": CHART},
            "hub": {"host": "hub.lab.internal"},
            "ingress": {"kind": "none"},
            "auth": {"kind": "native", "admin_users": ["admin"]},
            "profiles": {"datascience": {"enabled": False}, "lab": profile(default=True)},
            "storage": {"capacity": "100Mi"},
            "vault": {"enabled": False},
            "notebook": {"pre_pull": False},
            "chart_values": chart_values(),
            **spec,
        }
        self.spec.write_text(yaml.safe_dump(self.content, sort_keys=False))

    @cached_property
    def kube(self) -> Kube:
        """The cluster as its administrator."""
        return Kube(access(None))

    def start(self, *words: str, **options: Any) -> "subprocess.Popen[str]":
        """Begin a command and leave it running; all that it says is on one stream."""
        return super().start(*words, stderr=subprocess.STDOUT, **options)

    def plan(self) -> dict[str, Any]:
        """What install would do."""
        found: dict[str, Any] = json.loads(self.inv("plan", "--json").stdout)
        return found

    def drifts(self, *words: str, code: int = 0) -> list[dict[str, Any]]:
        """What somebody changed by hand."""
        found: list[dict[str, Any]] = json.loads(self.inv("drift", "--json", *words, code=code).stdout)["drifts"]
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.inv("status", "--json", code=None).stdout)
        return found

    @contextlib.contextmanager
    def reached(self) -> Iterator["Site"]:
        """With `url` at the proxy, as an ingress would reach it."""
        pod = tunnel.ready_pod(self.kube, self.namespace, "component=proxy")
        with tunnel.opened(self.kube, self.namespace, pod, 8000) as self.url:
            yield self

    def person(self, name: str, password: str = PASSWORD) -> Person:
        """A user who signs in; call it while the site is `reached`."""
        return Person(self, name, password)  # type: ignore[arg-type]

    def add_user(self, name: str) -> None:
        self.inv("user.add", name, answer=PASSWORD + "\n")

    def objects(self, kind: str, group: str = "/api/v1", selector: str = "") -> list[dict[str, Any]]:
        """The objects of one kind in the namespace."""
        return self.kube.items(f"{group}/namespaces/{self.namespace}/{kind}", selector)

    def remove(self) -> None:
        """The namespace with all that is in it."""
        self.kube.delete(f"/api/v1/namespaces/{self.namespace}")


def data_of(site: Site, name: str) -> dict[str, str]:
    """What a Secret holds; empty when there is none."""
    found = site.kube.get(f"/api/v1/namespaces/{site.namespace}/secrets/{name}") or {"data": {}}
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def service_token(site: Site) -> str:
    """Of the hub's admin service."""
    return data_of(site, "lab-admin-service-token")["token"]


def kept(site: Site) -> dict[str, Any]:
    """What an install that changes nothing must leave as it is."""
    secrets = site.objects("secrets")
    pods = site.objects("pods")
    return {
        "secrets": {one["metadata"]["name"]: one["metadata"]["resourceVersion"] for one in secrets},
        "deployments": {
            one["metadata"]["name"]: one["metadata"]["generation"]
            for one in site.objects("deployments", "/apis/apps/v1")
        },
        "pods": {one["metadata"]["uid"]: one["status"]["containerStatuses"][0]["restartCount"] for one in pods},
    }
