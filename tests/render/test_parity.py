"""Every combination of buun-stack's switches becomes what buun-stack would have made, less what deliberately differs.

All 8192 are migrated and read. The platform's side of a stack is rendered once for each of the 32 combinations of
features, since it does not depend on the profiles: that is shown of each stack, and of the rendering with all 256.
"""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from render.extras import extra_values
from render.found import Found
from render.profiles import offered, profile_list
from render.values import chart_values
from spec.errors import SpecError
from spec.load import parse
from spec.migrate import migrated
from spec.model import Stack
from tests.render import upstream
from tests.render.upstream import DELIBERATE, FEATURES, PROFILES

EVERYTHING = Found(gpu=True, monitoring=True, external_secrets=True)
PAGE = (Path(__file__).parents[2] / "docs" / "migrate.md").read_text()
ALL = frozenset(PROFILES)
GPU_PROFILE = "buun-stack-cuda"
_OF_PROFILES = ("profileList", "image")
_METADATA = ["169.254.169.254/32"]


def subsets(names: Any) -> list[frozenset[str]]:
    listed = list(names)
    return [frozenset(one) for n in range(len(listed) + 1) for one in itertools.combinations(listed, n)]


def stack_of(profiles: frozenset[str], features: frozenset[str]) -> Stack:
    return parse(migrated(upstream.text(profiles, features)).text, "stack.yaml")[0]


def less_the_deliberate(found: dict[str, Any], features: frozenset[str]) -> dict[str, Any]:
    """What upstream sets, with what is otherwise here."""
    wanted = dict(found)
    for one in DELIBERATE:
        if one.place in wanted:
            wanted[one.place] = one.ours(wanted[one.place], features)
    if "default" in wanted and wanted["default"] is None and wanted["profiles"]:
        wanted["default"] = wanted["profiles"][0]
    return wanted


def of_profiles(stack: Stack) -> dict[str, Any]:
    entries = profile_list(stack, EVERYTHING)
    overrides = {entry["slug"]: entry["kubespawner_override"] for entry in entries}
    return {
        "profiles": list(overrides),
        "titles": {entry["slug"]: entry["display_name"] for entry in entries},
        "images": {slug: override["image"] for slug, override in overrides.items()},
        "default": next((entry["slug"] for entry in entries if entry.get("default")), None),
        "gpus and runtime class": {slug: _gpus(override) for slug, override in overrides.items()},
    }


def _gpus(override: dict[str, Any]) -> tuple[Any, Any]:
    limits = override.get("extra_resource_limits", {})
    return limits.get("nvidia.com/gpu"), override.get("extra_pod_config", {}).get("runtimeClassName")


def of_platform(stack: Stack) -> dict[str, Any]:
    values, extras = chart_values(stack, EVERYTHING), extra_values(stack, EVERYTHING)
    hub, user = values["hub"], values["singleuser"]
    settings = json.loads(hub["extraFiles"]["buunstack-settings.json"]["stringData"])
    return {
        **_storage(user, extras),
        **_secrets(hub, extras, settings["vault"]),
        **_login(hub, settings),
        **_servers(user, hub["config"]["KubeSpawner"]),
        "culling": values["cull"],
        "culling runs": values["cull"]["enabled"] and "extraConfig" not in hub,
        "MCP extension": '"jupyter_mcp_server": false' not in _texts(user["extraFiles"]),
        "ServiceMonitor": extras["monitoring"] and f"{extras['stack']}-hub",
        "metrics need a token": hub["authenticatePrometheus"],
        "way in": _way_in(values["ingress"]),
        "sticky cookie": _cookie(values["proxy"]["service"]["annotations"]),
        "Service of the proxy": values["proxy"]["service"]["type"],
    }


def _texts(files: dict[str, Any]) -> str:
    return "".join(file["stringData"] for file in files.values())


def _storage(user: dict[str, Any], extras: dict[str, Any]) -> dict[str, Any]:
    found = user["storage"]
    static, dynamic = found.get("static", {}), found.get("dynamic", {})
    place = static.get("pvcName") or dynamic.get("pvcNameTemplate")
    return {
        "homes": (found["type"], place, static.get("subPath", "")),
        "capacity of a home": found["capacity"],
        "NFS server and folder": extras["nfs"] and (extras["nfs"]["server"], extras["nfs"]["path"]),
        "group of homes": user["fsGid"],
    }


def _secrets(hub: dict[str, Any], extras: dict[str, Any], vault: dict[str, Any] | None) -> dict[str, Any]:
    helpers = [(one["name"], one["image"]) for one in hub.get("extraContainers", [])]
    brought = {one["name"]: one["path"] for one in extras["externalSecrets"]}
    secret = "jupyterhub-vault-token"
    return {
        "sidecar": helpers[0] if helpers else None,
        "Secret of the hub's token": secret if secret in brought else None,
        "hub's token in Vault": brought.get(secret),
        "file of the hub's token": vault and vault["token_file"],
        "a notebook's token": vault and (vault["ttl"], vault["max_ttl"], vault["delivery"]),
        "policies of users": vault and vault["user_policy_prefix"],
    }


def _login(hub: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    provider, (admin, *_) = settings["provider"], settings["services"]
    token = hub["extraEnv"][admin["token_variable"]]["valueFrom"]["secretKeyRef"]
    names = (provider["client_id"], tuple(provider["scopes"]), provider["username_claim"], provider["refresh_seconds"])
    return {
        "admins enter servers": hub["config"]["JupyterHub"]["admin_access"],
        "everybody of the realm": settings["auth"]["allow_all"],
        "login": names,
        "client": "confidential" if provider["secret_file"] else "public",
        "admin service": tuple(admin["scopes"]),
        "Secret of its token": token["name"],
    }


def _servers(user: dict[str, Any], pods: dict[str, Any]) -> dict[str, Any]:
    given = user["extraEnv"]
    own = ("POSTGRES_HOST", "POSTGRES_PORT", "BUUNSTACK_LOG_LEVEL")
    container, pod = pods["container_security_context"], pods["pod_security_context"]
    return {
        "ways out": set(_ways_out(user["networkPolicy"]["egress"])),
        "tokens in addresses": given["JUPYTERHUB_ALLOW_TOKEN_IN_URL"] == "1",
        "VAULT_ADDR of servers": given.get("VAULT_ADDR"),
        "other variables of servers": {name: given[name] for name in own},
        "pods are restricted": {
            "runAsNonRoot": pod["runAsNonRoot"],
            "seccompProfile": pod["seccompProfile"]["type"],
            "drop": container["capabilities"]["drop"],
        },
        "pods may escalate": container["allowPrivilegeEscalation"],
        "block of the metadata address by iptables": user["cloudMetadata"]["blockWithIptables"],
    }


def _ways_out(rules: list[dict[str, Any]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for rule in rules:
        (peer,) = rule["to"]
        ports = tuple(one["port"] for one in rule["ports"])
        if "namespaceSelector" in peer:
            yield f"namespace {peer['namespaceSelector']['matchLabels']['kubernetes.io/metadata.name']}", ports
        else:
            assert peer["ipBlock"]["except"] == _METADATA
            yield f"{peer['ipBlock']['cidr']} but the metadata address", ports


def _way_in(found: dict[str, Any]) -> tuple[Any, ...]:
    entry = found["annotations"]["traefik.ingress.kubernetes.io/router.entrypoints"]
    return found["enabled"], found["ingressClassName"], tuple(found["hosts"]), entry


def _cookie(annotations: dict[str, str]) -> tuple[str, str, str]:
    prefix = "traefik.ingress.kubernetes.io/service.sticky.cookie"
    return "Service", annotations[f"{prefix}.name"], annotations[f"{prefix}.secure"]


@pytest.mark.parametrize("features", subsets(FEATURES), ids=lambda on: "+".join(sorted(on)) or "none")
def test_each_combination_is_what_buun_stack_makes_less_what_is_meant(features: frozenset[str]) -> None:
    whole = stack_of(ALL, features)

    assert of_platform(whole) == less_the_deliberate(upstream.platform(features), features)
    for profiles in subsets(PROFILES):
        wanted = less_the_deliberate(upstream.offered(profiles, features), features)
        if not wanted["profiles"]:
            with pytest.raises(SpecError, match="no profile is enabled"):
                stack_of(profiles, features)
            continue
        stack = stack_of(profiles, features)
        assert replace(stack, profiles=whole.profiles) == whole, "profiles decide nothing else in the file"
        assert of_profiles(stack) == wanted


@pytest.mark.parametrize("features", [frozenset(), frozenset(FEATURES)], ids=["none", "all"])
def test_profiles_decide_nothing_but_what_is_offered(features: frozenset[str]) -> None:
    def rest(stack: Stack) -> Any:
        values = chart_values(stack, EVERYTHING)
        for name in _OF_PROFILES:
            values["singleuser"].pop(name)
        settings = json.loads(values["hub"]["extraFiles"].pop("buunstack-settings.json")["stringData"])
        assert [one["slug"] for one in settings.pop("profiles")] == [one.slug for one in offered(stack, EVERYTHING)]
        return values, settings, extra_values(stack, EVERYTHING)

    found = [rest(stack_of(one, features)) for one in subsets(PROFILES) if one - {GPU_PROFILE}]

    assert all(one == found[0] for one in found)


def test_each_deliberate_difference_is_one_and_is_told_in_the_documents() -> None:
    table = PAGE.partition("What deliberately differs")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$", table, re.MULTILINE)
    told = {place.strip(): reason.strip() for place, reason in rows[1:]}
    differing = set()
    for on in subsets(FEATURES):
        theirs = upstream.platform(on) | upstream.offered(ALL, on) | {"default": GPU_PROFILE}
        differing |= {one.place for one in DELIBERATE if one.ours(theirs[one.place], on) != theirs[one.place]}

    assert told == {one.place: one.reason for one in DELIBERATE}
    assert differing == {one.place for one in DELIBERATE}
