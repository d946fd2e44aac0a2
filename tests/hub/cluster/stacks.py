"""A stack for tests on a cluster, and the chart's values for it."""

import copy
from typing import Any

import msgspec

from render.found import Found
from render.hubfiles import cluster_settings
from render.services import services
from spec.model import Stack
from spec.quantities import seconds

FOUND = Found(gpu=True, monitoring=True)
_STACK: dict[str, Any] = {
    "version": 1,
    "target": {"kind": "kubernetes"},
    "name": "lab",
    "hub": {"title": "Notebooks of tests"},
    "auth": {"kind": "dummy", "allow_all": True},
    "vault": {"enabled": False},
    "profiles": {
        "minimal": {"enabled": True, "default": True},
        "datascience": {"enabled": False},
        "gpu-lab": {"display_name": "GPU", "image": "local/pause:1", "groups": ["science"]},
        "other-lab": {"display_name": "Others", "image": "local/pause:1", "groups": ["others"]},
    },
    "storage": {
        "shared": {
            "data": {"groups": ["science"]},
            "handouts": {"read_only": True, "path": "/handouts"},
            "secret": {"groups": ["others"]},
        }
    },
    "culling": {"idle_timeout": "3h", "every": "5m", "max_age": "4d", "admins": False},
    "notebook": {"environment": {"SITE": "of tests"}},
}
PROFILES: list[dict[str, Any]] = [
    {
        "slug": "minimal",
        "display_name": "Minimal",
        "default": True,
        "kubespawner_override": {"environment": {"KIND": "small"}},
        "profile_options": {
            "size": {
                "display_name": "Size",
                "choices": {
                    "small": {"display_name": "S", "default": True, "kubespawner_override": {"mem_limit": "1G"}},
                    "large": {"display_name": "L", "kubespawner_override": {"mem_limit": "4G"}},
                },
            },
            "image": {
                "display_name": "Image",
                "unlisted_choice": {
                    "enabled": True,
                    "validation_regex": "quay.io/[a-z/]+:[0-9]+",
                    "kubespawner_override": {"image": "{value}"},
                },
                "choices": {"usual": {"display_name": "Usual", "kubespawner_override": {}}},
            },
        },
    },
    {
        "slug": "gpu-lab",
        "display_name": "GPU",
        "kubespawner_override": {
            "extra_resource_limits": {"nvidia.com/gpu": "1"},
            "node_selector": {"accelerator": "yes"},
            "environment": {"KIND": "gpu"},
        },
    },
    {"slug": "other-lab", "display_name": "Others"},
]
GROUPS = {"science": {"users": ["alice"]}, "others": {"users": ["bob"]}}
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def make_stack(**changes: Any) -> Stack:
    """The stack with some sections replaced; groups without a provider are JupyterHub's own here."""
    return msgspec.convert({**_STACK, **changes}, Stack)


def settings_of(stack: Stack) -> dict[str, Any]:
    """What the hub reads, as the command renders it."""
    return cluster_settings(stack, FOUND)


def values(stack: Stack, **singleuser: Any) -> dict[str, Any]:
    """What the chart is given beside its defaults."""
    wanted = services(stack, FOUND)
    culling = stack.culling
    return {
        "hub": {
            "services": {name: {"apiToken": f"{name}-token-of-tests"} for name in wanted},
            "loadRoles": {f"{name}-role": {"scopes": scopes, "services": [name]} for name, scopes in wanted.items()},
            "config": {
                "JupyterHub": {"load_groups": GROUPS},
                "KubeSpawner": {
                    "container_security_context": RESTRICTED,
                    "pod_security_context": {"runAsNonRoot": True},
                },
            },
        },
        "singleuser": {
            "image": {"name": "local/pause", "tag": "1"},
            "extraEnv": dict(stack.notebook.environment),
            "profileList": copy.deepcopy(PROFILES),
            "storage": {"dynamic": {"pvcNameTemplate": "claim-{username}"}},
            "cloudMetadata": {"blockWithIptables": False},
            "memory": {"limit": "2G", "guarantee": "64M"},
            **singleuser,
        },
        "cull": {
            "enabled": culling.enabled,
            "timeout": seconds(culling.idle_timeout),
            "every": seconds(culling.every),
            "maxAge": seconds(culling.max_age),
            "adminUsers": culling.admins,
            "users": culling.users,
        },
        "scheduling": {"userScheduler": {"enabled": False}, "podPriority": {"enabled": False}},
    }
