"""Nothing in a stack file is ignored: what the local target cannot do yet is refused with its line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import pytest

from render.artifacts import render
from spec.availability import _LOCAL
from spec.fields import Section
from spec.load import parse
from spec.model import Stack
from tests.spec.stacks import EXAMPLES, LOCAL, not_yet, place, problems

PRESET = "vault: {preset: buun-stack, user_token: {max_ttl: 7d}}"
REFUSED = {
    "vault.address": ("vault: {address: https://lab.internal}", 18, "vault: {address: null}"),
    "vault.namespace": ("vault: {namespace: lab}", 20, "vault: {namespace: null}"),
    "vault.preset": (PRESET, 17, "vault: {preset: null}"),
    "vault.hub_login": ("vault: {hub_login: token}", 20, "vault: {hub_login: jwt}"),
    "vault.admin_token": ("vault: {admin_token: {}}", 22, ""),
    "monitoring.namespace": ("monitoring: {namespace: a}", 25, ""),
    "monitoring.alerts": ("monitoring: {alerts: false}", 22, ""),
    "monitoring.dashboard": ("monitoring: {dashboard: false}", 25, ""),
    "gpu.enabled": ("gpu: {enabled: true}", 16, "gpu: {enabled: false}"),
    "gpu.limit": ("gpu: {limit: 2}", 14, ""),
    "gpu.runtime_class": ("gpu: {runtime_class: null}", 22, ""),
    "gpu.create_runtime_class": ("gpu: {create_runtime_class: true}", 29, "gpu: {create_runtime_class: false}"),
    "gpu.all_profiles": ("gpu: {all_profiles: true}", 21, "gpu: {all_profiles: false}"),
    "storage.kind": ("storage: {kind: nfs, nfs: {server: a, path: /a}}", 17, "storage: {kind: dynamic}"),
    "storage.class_name": ("storage: {class_name: fast}", 23, ""),
    "storage.capacity": ("storage: {capacity: 1Gi}", 21, ""),
    "storage.nfs": ("storage: {nfs: {}}", 16, ""),
    "storage.fs_group": ("storage: {fs_group: 1}", 21, ""),
    "storage.shared": ("storage: {shared: {a: {}}}", 19, "storage: {shared: {}}"),
    "storage.volumes": ("storage: {volumes: {a: {claim: a, path: /a}}}", 20, "storage: {volumes: {}}"),
    "ingress": ("ingress: {sticky_cookie: false}", 10, ""),
    "images": ("images: {tag: a}", 9, ""),
    "chart": ("chart: {version: 4.3.2}", 8, ""),
    "chart_values": ("chart_values: {a: 1}", 15, "chart_values: {}"),
    "egress": ("egress: {web: {}}", 9, "egress: {}"),
    "notebook.pre_pull": ("notebook: {pre_pull: false}", 22, ""),
    "notebook.placeholders": ("notebook: {placeholders: 1}", 26, "notebook: {placeholders: 0}"),
    "ca": ("ca: a.pem", 5, "ca: null"),
    "profiles.NAME.choices": (
        "profiles: {base: {choices: {a: {b: {display_name: B}}}}}",
        19,
        "profiles: {base: {choices: {}}}",
    ),
    "profiles.NAME.storage": ("profiles: {base: {storage: 1Gi}}", 19, "profiles: {base: {storage: null}}"),
    "profiles.NAME.pod": ("profiles: {base: {pod: {a: 1}}}", 19, "profiles: {base: {pod: {}}}"),
}
"""Key -> (what asks for it, the column, what names it and asks for nothing)."""
RULED_EVERYWHERE = {
    "auth.session": "auth: {session: {}}",
    "auth.logout_url": "auth: {logout_url: 'https://lab.internal/'}",
    "auth.keycloak": "auth: {keycloak: {}}",
    "auth.oidc": "auth: {oidc: {}}",
    "auth.admin_groups": "auth: {admin_groups: [a]}",
    "auth.allowed_groups": "auth: {allowed_groups: [a]}",
    "profiles.NAME.groups": "profiles: {base: {groups: [a]}}",
}
"""Key -> a text that a rule refuses on each target."""
RULED = {
    **RULED_EVERYWHERE,
    "target.context": "target: {context: a, kind: local}",
    "target.namespace": "target: {namespace: a, kind: local}",
    "target.timeout": "target: {timeout: 5m, kind: local}",
    "profiles.NAME.cpu": "profiles: {base: {cpu: {}}}",
    "profiles.NAME.memory": "profiles: {base: {memory: {}}}",
    "profiles.NAME.node_selector": "profiles: {base: {node_selector: {}}}",
    "profiles.NAME.tolerations": "profiles: {base: {tolerations: []}}",
}
"""Key -> a text that a rule refuses or warns of on the local target."""
USED_EVERYWHERE = {
    "name": "name: lab",
    "target.kind": "",
    "version": "",
    "auth.admin_users": "auth: {admin_users: [ada]}",
    "auth.allowed_users": "auth: {allowed_users: [ada]}",
    "auth.kind": "auth: {kind: oidc, oidc: {issuer: 'https://lab.internal', client_id: a, client_secret: env:A}}",
    "auth.allow_all": "auth: {allow_all: true}",
    "auth.username_pattern": "auth: {username_pattern: a+}",
    "auth.native.open_signup": "auth: {native: {open_signup: true}}",
    "auth.native.minimum_password_length": "auth: {native: {minimum_password_length: 20}}",
    "profiles.NAME.enabled": "profiles: {base: {enabled: true}}",
    "profiles.NAME.default": "profiles: {minimal: {enabled: true}, datascience: {default: true}}",
    "profiles.NAME.display_name": "profiles: {datascience: {display_name: A}}",
    "profiles.NAME.description": "profiles: {datascience: {description: A}}",
    "profiles.NAME.image": "profiles: {datascience: {image: 'r/a:1'}}",
    "profiles.NAME.gpu.limit": "profiles: {datascience: {gpu: {limit: 1}}}",
    "profiles.NAME.environment": "profiles: {datascience: {environment: {A: a}}}",
    "culling.enabled": "culling: {enabled: false}",
    "culling.idle_timeout": "culling: {idle_timeout: 3h}",
    "culling.every": "culling: {every: 1m}",
    "culling.max_age": "culling: {max_age: 1d}",
    "culling.admins": "culling: {admins: false}",
    "culling.users": "culling: {users: true}",
    "notebook.environment": "notebook: {environment: {A: a}}",
    "mcp.enabled": "mcp: {enabled: true}",
    "mcp.allow_token_in_url": "mcp: {enabled: true, allow_token_in_url: true}",
    "notebook.buunstack_log_level": "notebook: {buunstack_log_level: debug}",
}
"""Key -> what changes the files of each target; empty where `apply/` alone reads it."""
USED = {
    **USED_EVERYWHERE,
    "target.confinement": "target: {kind: local, confinement: off}",
    "monitoring.enabled": "monitoring: {enabled: false}",
    "hub.host": "",
    "hub.address": "hub: {address: 127.0.0.2}",
    "hub.port": "",
    "hub.tls": "hub: {tls: self-signed}",
    "hub.certificate": "",
    "hub.key": "",
    "hub.title": "hub: {title: Lab}",
    "hub.log_level": "hub: {log_level: debug}",
    "hub.logo": "hub: {logo: a.png}",
    "profiles.NAME.packages": "profiles: {datascience: {packages: [a]}}",
    "mcp.version": "mcp: {enabled: true, version: 2.2.3}",
    "vault.enabled": "vault: {enabled: false}",
    "vault.mount": "vault: {mount: kv}",
    "vault.root": "vault: {root: lab}",
    "vault.user_token.ttl": "vault: {user_token: {ttl: 1m}}",
    "vault.user_token.max_ttl": "vault: {user_token: {max_ttl: 1d}}",
    "vault.delivery": "vault: {delivery: env, user_token: {max_ttl: 7d}}",
    "vault.isolation": "vault: {isolation: policy_per_user}",
    "vault.required": "vault: {required: true}",
    "vault.page": "vault: {page: false}",
}
"""Key of the local target -> what changes its files; empty where `apply/` alone reads it."""


def text_of(line: str) -> str:
    return f"version: 1\n{line}\n" if "target:" in line else f"{LOCAL}{line}\n"


def keys(section: type[Section], path: str = "") -> Iterator[str]:
    """Every key of the model that holds no further keys: `profiles.NAME.cpu.limit`."""
    for field in msgspec.structs.fields(section):
        place = f"{path}{field.encode_name}"
        inner = list(sections(field.type))
        for suffix, found in inner:
            yield from keys(found, f"{place}{suffix}.")
        if not inner:
            yield place


def sections(kind: Any) -> Iterator[tuple[str, type[Section]]]:
    if isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, Section):
        yield "", kind
    between = {dict: ".NAME", list: "[]"}.get(get_origin(kind), "")
    for inner in get_args(kind):
        yield from ((f"{between}{suffix}", found) for suffix, found in sections(inner))


def below(key: str, prefix: str) -> bool:
    return key == prefix or key.startswith((f"{prefix}.", f"{prefix}["))


@pytest.mark.parametrize(("line", "column", "neighbour"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_local_target_cannot_do_yet_is_refused_at_its_place(
    line: str, column: int, neighbour: str, tmp_path: Path
) -> None:
    found = not_yet(text_of(line), tmp_path)

    assert place(found[0]) == (3, column)
    assert {one.message for one in found} == {"not available yet on target local"}
    assert {one.hint for one in found} == {"remove it"}
    assert not_yet(text_of(neighbour), tmp_path) == []


def test_every_row_of_what_is_refused_has_a_case() -> None:
    rows = {".".join(str(step) for step in path) for path, _ in _LOCAL}

    assert rows == {key for key in REFUSED if not key.startswith("profiles.")}


def test_all_that_is_missing_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "ca: a.pem\nversion: 1\nprofiles: {base: {pod: {a: 1}, storage: 1Gi}}\n"
        "target: {kind: local}\negress: {vault: {}}\n"
    )

    found = not_yet(text, tmp_path)

    assert [one.path for one in found] == ["ca", "profiles.base.pod", "profiles.base.storage", "egress"]


@pytest.mark.parametrize("name", ["minimal", "local"])
def test_the_examples_of_the_local_target_ask_for_nothing_that_is_missing(name: str, tmp_path: Path) -> None:
    assert not_yet((EXAMPLES / f"{name}.yaml").read_text("utf-8"), tmp_path) == []


@pytest.mark.parametrize("key", RULED)
def test_what_a_rule_answers_for_is_said_on_the_local_target(key: str) -> None:
    text = text_of(RULED[key])

    said = problems(text) or parse(text, "f")[1]

    assert [one.path.replace("base", "NAME") for one in said] == [key]


@pytest.mark.parametrize("key", [key for key, line in USED.items() if line])
def test_what_the_local_target_uses_changes_its_files(key: str) -> None:
    line = USED[key]
    base = LOCAL if "profiles" in line else LOCAL + "profiles: {minimal: {enabled: true}}\n"
    plain = parse(base, "f")[0]
    changed = parse(base.replace("target: {kind: local}", line) if "target" in line else f"{base}{line}\n", "f")[0]

    assert changed != plain
    assert render(changed) != render(plain)


def test_every_key_of_the_model_is_used_or_refused_or_complained_of() -> None:
    model = set(keys(Stack))
    ignored = {key for key in model - USED.keys() if not any(below(key, row) for row in REFUSED | RULED)}

    assert ignored == set(), "the local target would ignore these: see spec/availability.py"
    assert set(USED) <= model, "the table of this test names keys that are gone"
    assert {row for row in REFUSED | RULED if not any(below(key, row) for key in model)} == set()
