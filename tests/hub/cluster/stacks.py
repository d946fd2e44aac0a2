"""A stack for tests on a cluster, and the chart's values for it."""

import copy
import json
from typing import Any

import msgspec

from apply.keys import filled, needed
from render.artifacts import render
from render.found import Found
from render.hubfiles import cluster_settings
from spec.model import Stack

FOUND = Found(gpu=True, monitoring=True)
_SIZES = {
    "small": {"display_name": "S", "default": True, "memory": {"limit": "1Gi"}},
    "large": {"display_name": "L", "memory": {"limit": "4Gi"}},
}
_ANY_IMAGE = {
    "display_name": "Image",
    "unlisted_choice": {
        "enabled": True,
        "validation_regex": "quay.io/[a-z/]+:[0-9]+",
        "kubespawner_override": {"image": "{value}"},
    },
    "choices": {"usual": {"display_name": "Usual", "kubespawner_override": {}}},
}
"""What a site may add to a profile by its own values."""
_STACK: dict[str, Any] = {
    "version": 1,
    "target": {"kind": "kubernetes"},
    "name": "lab",
    "hub": {"title": "Notebooks of tests"},
    "auth": {"kind": "dummy", "allow_all": True},
    "vault": {"enabled": False},
    "profiles": {
        "minimal": {"enabled": True, "default": True, "environment": {"KIND": "small"}, "choices": {"size": _SIZES}},
        "datascience": {"enabled": False},
        "gpu-lab": {
            "display_name": "GPU",
            "image": "local/pause:1",
            "groups": ["science"],
            "gpu": {"limit": 1},
            "node_selector": {"accelerator": "yes"},
            "environment": {"KIND": "gpu"},
        },
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
GROUPS = {"science": {"users": ["alice"]}, "others": {"users": ["bob"]}}
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def make_stack(**changes: Any) -> Stack:
    """The stack with some sections replaced; groups without a provider are JupyterHub's own here."""
    return msgspec.convert({**_STACK, **changes}, Stack)


def settings_of(stack: Stack) -> dict[str, Any]:
    """What the hub reads, as the command renders it."""
    return cluster_settings(stack, FOUND)


def values(stack: Stack, **singleuser: Any) -> dict[str, Any]:
    """What the chart is given beside its defaults: what is rendered, with keys, groups, and a site's own additions.

    Args:
        singleuser: in place of the rendered values of that section.
    """
    text = render(stack, FOUND)["jupyterhub.json"]
    given: dict[str, Any] = json.loads(filled(text, {name: f"{name}-of-tests" for name in needed(text)}))
    given["hub"]["config"]["JupyterHub"]["load_groups"] = GROUPS
    given["singleuser"]["profileList"][0]["profile_options"]["image"] = copy.deepcopy(_ANY_IMAGE)
    given["singleuser"] |= singleuser
    return given
