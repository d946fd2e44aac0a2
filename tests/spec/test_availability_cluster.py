"""Nothing in a stack file is ignored on a cluster: each key changes the artifacts, or is refused, or complained of."""

from pathlib import Path

import pytest
import yaml

from render.artifacts import render
from render.found import Found
from spec.load import parse
from spec.model import Stack
from tests.render.test_images import BUILT
from tests.spec.stacks import CLUSTER, EXAMPLES, not_yet, place, problems
from tests.spec.test_availability import RULED_EVERYWHERE, USED_EVERYWHERE, below, keys

BASE = CLUSTER + "vault: {address: https://vault.lab.internal}\n"
FOUND = Found(gpu=True, monitoring=True, external_secrets=True)
RULED = {
    **RULED_EVERYWHERE,
    "target.confinement": "target: {kind: kubernetes, confinement: auto}",
    "hub.address": "hub: {host: hub.lab.internal, address: 127.0.0.1}",
    "hub.port": "hub: {host: hub.lab.internal, port: 1}",
    "hub.tls": "hub: {host: hub.lab.internal, tls: off}",
    "hub.certificate": "hub: {host: hub.lab.internal, certificate: a}",
    "hub.key": "hub: {host: hub.lab.internal, key: a}",
}
"""Key -> a text that a rule refuses."""
MINE = "profiles: {mine: {display_name: M, image: 'r/a:1', %s}}"
CHOICE = MINE % "choices: {size: {big: {display_name: Big, %s}}}"
TOKEN_LOGIN = "vault: {address: 'https://vault.lab.internal', hub_login: token}"
DESTINATION = "egress: {mine: {%s}}"
USED = {
    **USED_EVERYWHERE,
    "target.context": "",
    "target.timeout": "",
    "target.namespace": "target: {kind: kubernetes, namespace: lab}",
    "chart.version": "chart: {version: 4.3.0}",
    "chart.repository": "chart: {repository: 'https://charts.lab.internal/'}",
    "chart.source": "chart: {source: a.tgz}",
    "hub.host": "hub: {host: other.lab.internal}",
    "hub.title": "hub: {host: hub.lab.internal, title: Lab}",
    "hub.log_level": "hub: {host: hub.lab.internal, log_level: debug}",
    "hub.logo": "hub: {host: hub.lab.internal, logo: a.png}",
    "mcp.version": "",
    "ingress.kind": "ingress: {kind: none}",
    "ingress.gateway.name": "ingress: {kind: gateway, gateway: {name: a}}",
    "ingress.gateway.namespace": "ingress: {kind: gateway, gateway: {name: a, namespace: b}}",
    "ingress.class_name": "ingress: {class_name: nginx}",
    "ingress.tls_secret": "ingress: {tls_secret: a}",
    "ingress.sticky_cookie": "ingress: {sticky_cookie: false}",
    "ingress.annotations": "ingress: {annotations: {a: b}}",
    "profiles.NAME.packages": "",
    "profiles.NAME.cpu.guarantee": "profiles: {datascience: {cpu: {guarantee: 1}}}",
    "profiles.NAME.cpu.limit": "profiles: {datascience: {cpu: {limit: 1}}}",
    "profiles.NAME.memory.guarantee": "profiles: {datascience: {memory: {guarantee: 1Gi}}}",
    "profiles.NAME.memory.limit": "profiles: {datascience: {memory: {limit: 1Gi}}}",
    "profiles.NAME.node_selector": "profiles: {datascience: {node_selector: {a: b}}}",
    "profiles.NAME.storage": "profiles: {datascience: {storage: 1Gi}}",
    "profiles.NAME.pod": "profiles: {datascience: {pod: {uid: 1}}}",
    **{
        f"profiles.NAME.tolerations[].{name}": f"profiles: {{datascience: {{tolerations: [{{{name}: {value}}}]}}}}"
        for name, value in {"key": "a", "operator": "Exists", "value": "a", "effect": "NoSchedule"}.items()
    },
    **{
        f"profiles.NAME.choices.NAME.NAME.{name}": CHOICE % text
        for name, text in {
            "default": "default: true",
            "image": "image: 'r/b:1'",
            "cpu.guarantee": "cpu: {guarantee: 1}",
            "cpu.limit": "cpu: {limit: 1}",
            "memory.guarantee": "memory: {guarantee: 1Gi}",
            "memory.limit": "memory: {limit: 1Gi}",
            "gpu.limit": "gpu: {limit: 1}",
        }.items()
    },
    "profiles.NAME.choices.NAME.NAME.display_name": MINE % "choices: {size: {big: {display_name: Large}}}",
    "gpu.enabled": "gpu: {enabled: false}\nprofiles: {datascience: {}}",
    "gpu.limit": "gpu: {all_profiles: true, limit: 2}",
    "gpu.runtime_class": "gpu: {all_profiles: true, runtime_class: other}",
    "gpu.create_runtime_class": "gpu: {all_profiles: true, create_runtime_class: true}",
    "gpu.all_profiles": "gpu: {all_profiles: true}",
    "storage.kind": "storage: {kind: nfs, nfs: {server: a, path: /a}}",
    "storage.class_name": "storage: {class_name: fast}",
    "storage.capacity": "storage: {capacity: 1Gi}",
    "storage.nfs.server": "storage: {kind: nfs, nfs: {server: b, path: /a}}",
    "storage.nfs.path": "storage: {kind: nfs, nfs: {server: a, path: /b}}",
    "storage.nfs.mount_options": "storage: {kind: nfs, nfs: {server: a, path: /a, mount_options: [hard]}}",
    "storage.nfs.claim": "storage: {kind: nfs, nfs: {claim: a}}",
    "storage.nfs.folder": "storage: {kind: nfs, nfs: {server: a, path: /a, folder: '{username}'}}",
    "storage.fs_group": "storage: {fs_group: 1}",
    "storage.shared.NAME.groups": "",
    "storage.shared.NAME.read_only": "storage: {shared: {a: {read_only: true}}}",
    "storage.shared.NAME.path": "storage: {shared: {a: {path: /b}}}",
    "storage.volumes.NAME.claim": "storage: {volumes: {a: {claim: b, path: /a}}}",
    "storage.volumes.NAME.path": "storage: {volumes: {a: {claim: a, path: /b}}}",
    "storage.volumes.NAME.read_only": "storage: {volumes: {a: {claim: a, path: /a, read_only: true}}}",
    "images.registry": "images: {registry: r.lab.internal}\nprofiles: {buun-stack: {enabled: true}}",
    "images.tag": "images: {tag: b}\nprofiles: {buun-stack: {enabled: true}}",
    "images.mirror": "images: {mirror: 'r.lab:5000'}",
    "images.pull_secrets": "images: {pull_secrets: [a]}",
    "monitoring.enabled": "monitoring: {enabled: false}",
    "monitoring.namespace": "monitoring: {namespace: a}",
    "monitoring.alerts": "monitoring: {alerts: false}",
    "monitoring.dashboard": "monitoring: {dashboard: false}",
    "notebook.pre_pull": "notebook: {pre_pull: false}",
    "notebook.placeholders": "notebook: {placeholders: 1}",
    "egress.NAME.namespace": DESTINATION % "namespace: b, ports: [1]",
    "egress.NAME.host": DESTINATION % "host: 10.1.1.2, ports: [1]",
    "egress.NAME.ports": DESTINATION % "namespace: a, ports: [2]",
    "chart_values": "chart_values: {a: 1}",
    "vault.enabled": "vault: {enabled: false}",
    "vault.address": "vault: {address: https://other.lab.internal}",
    **{
        f"vault.{name}": f"vault: {{address: 'https://vault.lab.internal', {text}}}"
        for name, text in {
            "mount": "mount: kv",
            "root": "root: lab",
            "user_token.ttl": "user_token: {ttl: 1m}",
            "user_token.max_ttl": "user_token: {max_ttl: 1d}",
            "namespace": "namespace: lab",
            "preset": "preset: buun-stack",
            "hub_login": "hub_login: token",
            "delivery": "delivery: env, user_token: {max_ttl: 7d}",
            "isolation": "isolation: policy_per_user",
            "required": "required: true",
            "page": "page: false",
            "admin_token.ttl": "hub_login: token, admin_token: {ttl: 1h}",
            "admin_token.secret_store": "hub_login: token, admin_token: {secret_store: other}",
        }.items()
    },
    "ca": "ca: a.pem",
}
"""Key -> what changes the artifacts; empty where `apply/` or images alone read it, or a login is missing."""
BEFORE = {
    "gpu.limit": "gpu: {all_profiles: true}",
    "gpu.runtime_class": "gpu: {all_profiles: true}",
    "gpu.create_runtime_class": "gpu: {all_profiles: true}",
    "gpu.enabled": "gpu: {all_profiles: true}",
    "ingress.gateway.namespace": "ingress: {kind: gateway, gateway: {name: a}}",
    "storage.nfs.server": USED["storage.kind"],
    "storage.nfs.path": USED["storage.kind"],
    "storage.nfs.mount_options": USED["storage.kind"],
    "storage.nfs.claim": USED["storage.kind"],
    "storage.nfs.folder": USED["storage.kind"],
    "storage.shared.NAME.read_only": "storage: {shared: {a: {}}}",
    "storage.shared.NAME.path": "storage: {shared: {a: {}}}",
    **{f"storage.volumes.NAME.{name}": "storage: {volumes: {a: {claim: a, path: /a}}}" for name in ("claim", "path")},
    "storage.volumes.NAME.read_only": "storage: {volumes: {a: {claim: a, path: /a}}}",
    "images.registry": "profiles: {buun-stack: {enabled: true}}",
    "images.tag": "profiles: {buun-stack: {enabled: true}}",
    **{f"vault.admin_token.{name}": TOKEN_LOGIN for name in ("ttl", "secret_store")},
    **{f"egress.NAME.{name}": DESTINATION % "namespace: a, ports: [1]" for name in ("namespace", "host", "ports")},
    **{key: CHOICE % "" for key in USED if ".choices." in key},
}
"""Key -> what the file says otherwise, where more than the key would differ from the plain one."""


def text_of(line: str) -> str:
    """The plain file with lines in place of its own of the same section."""
    text = BASE
    for one in line.splitlines():
        section = one.partition(":")[0]
        kept = [other for other in text.splitlines() if other.partition(":")[0] != section]
        text = "\n".join([*kept, one]) + "\n"
    return text


def test_a_file_without_a_word_about_secrets_is_told_what_to_write(tmp_path: Path) -> None:
    (found,) = not_yet(CLUSTER, tmp_path)

    assert place(found) == (2, 16)
    assert "need vault.address" in found.message
    assert "or vault: {enabled: false}" in found.hint
    assert not_yet(BASE, tmp_path) == []


def test_the_example_of_a_cluster_asks_for_nothing_that_is_missing(tmp_path: Path) -> None:
    assert not_yet((EXAMPLES / "kubernetes.yaml").read_text("utf-8"), tmp_path) == []


@pytest.mark.parametrize("key", RULED)
def test_what_a_rule_answers_for_is_said(key: str) -> None:
    assert [one.path.replace("base", "NAME") for one in problems(text_of(RULED[key]))] == [key]


@pytest.mark.parametrize("key", [key for key, line in USED.items() if line])
def test_what_a_cluster_uses_changes_the_artifacts(key: str) -> None:
    plain = parse(text_of(BEFORE.get(key, "")), "f")[0]
    changed = parse(text_of(USED[key]), "f")[0]

    assert changed != plain
    assert render(changed, FOUND) != render(plain, FOUND)


def test_every_key_of_the_model_is_used_or_refused_or_complained_of() -> None:
    model = set(keys(Stack))
    ignored = {key for key in model - USED.keys() - BUILT.keys() if not any(below(key, row) for row in RULED)}

    assert ignored == set(), "a cluster would ignore these: see spec/availability.py"
    assert set(USED) <= model, "the table of this test names keys that are gone"
    assert {row for row in RULED if not any(below(key, row) for key in model)} == set()


def test_the_secrets_of_the_artifacts_are_places_for_them() -> None:
    """A value of install's own is never in what a merge request shows."""
    values = yaml.safe_load(render(parse(BASE, "f")[0], FOUND)["jupyterhub.json"])

    assert values["hub"]["config"]["JupyterHub"]["cookie_secret"] == "@{cookie_secret}"
    assert {service["apiToken"] for service in values["hub"]["services"].values()} == {"@{metrics_token}"}
    of_admin = values["hub"]["extraEnv"]["BUUNSTACK_ADMIN_SERVICE_TOKEN"]
    assert of_admin["valueFrom"]["secretKeyRef"].keys() == {"name", "key"}
