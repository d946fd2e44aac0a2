"""The artifacts of the Kubernetes target. Pure."""

from typing import Any

from render.extras import CHART, extra_values, operator_brings_service_token, operator_brings_token, release_name
from render.found import Found
from render.hubfiles import known_users, layout, text
from render.keycloak import keycloak_objects
from render.needs import needs
from render.profiles import left_out
from render.storage import homes
from render.values import chart_values
from render.vault import admin_token, hub_login, service_token, vault_objects
from spec.model import Stack
from spec.profiles import used_images
from spec.ways import ways

NAMESPACE, RELEASES, NEEDS, HOMES, NOTES = "namespace.json", "releases.json", "needs.json", "homes.json", "notes.json"
JUPYTERHUB, EXTRAS, VAULT, KEYCLOAK = "jupyterhub.json", "buunstack.json", "vault.json", "keycloak.json"
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
"""Pods of the namespace that ask for more than this standard are refused (kubernetes.io, pod security admission)."""


def cluster_artifacts(stack: Stack, found: Found) -> dict[str, str]:
    """Path -> text."""
    made: dict[str, Any] = {
        NAMESPACE: {"name": stack.target.namespace, "labels": _RESTRICTED},
        RELEASES: [
            {"name": release_name(stack), "chart": CHART, "values": EXTRAS},
            {"name": stack.name, "chart": _chart(stack), "values": JUPYTERHUB},
        ],
        JUPYTERHUB: chart_values(stack, found),
        EXTRAS: extra_values(stack, found),
        NEEDS: needs(stack, found),
        HOMES: homes(stack),
        NOTES: _notes(stack, found),
    }
    if stack.vault.enabled:
        made[VAULT] = _vault(stack, found)
    if (declared := keycloak_objects(stack, f"https://{stack.hub.host}/")) is not None:
        made[KEYCLOAK] = declared
    return {path: text(content) for path, content in made.items()}


def _chart(stack: Stack) -> dict[str, Any]:
    chart = stack.chart
    return {"version": chart.version, "repository": chart.repository, "source": chart.source}


def _vault(stack: Stack, found: Found) -> dict[str, Any]:
    names, plain = layout(stack), not operator_brings_token(stack, found)
    return {
        "kv_mount": names.mount,
        **(
            {"admin": {**admin_token(names, stack.vault.admin_token.ttl), "plain_secret": plain}}
            if names.token_login
            else {"login": hub_login(names, stack.target.namespace)}
        ),
        **({"service": service_token(names)} if operator_brings_service_token(stack, found) else {}),
        **vault_objects(names, ways(stack.vault).max_ttl, known_users(stack)),
    }


def _notes(stack: Stack, found: Found) -> list[str]:
    """What follows from the cluster and not from the file alone: a plan says it."""
    notes = [
        f"profile {slug} is not offered: it asks for a GPU, and the cluster has none" for slug in left_out(stack, found)
    ]
    notes += [
        f"{image.reference} was not pushed from here, so servers start whatever its tag means: inv images.push pins it"
        for image in used_images(stack)
        if image.reference not in found.digests
    ]
    if stack.gpu.enabled == "auto" and found.gpu:
        notes.append("the cluster has GPUs (gpu.enabled: auto)")
    if stack.monitoring.enabled == "auto":
        notes.append(
            "the hub is monitored: the cluster knows Prometheus' objects (monitoring.enabled: auto)"
            if found.monitoring
            else "the hub is not monitored: the cluster does not know Prometheus' objects (monitoring.enabled: auto)"
        )
    return notes
