"""What runs as buun-stack's release becomes the keys of a stack file that adopts it; nothing is lost without a word."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from spec.adoption import Release
from spec.load import parse
from spec.migrate import migrated

REALM = "https://auth.lab.internal/realms/lab/protocol/openid-connect"
SECRET = "very-secret-one"
VALUES: dict[str, Any] = {
    "hub": {
        "extraEnv": {"VAULT_TOKEN_FILE": "/vault/secrets/vault-token", "MY_PASSWORD": SECRET},
        "extraContainers": [
            {"name": "vault-token-renewer", "env": [{"name": "JUPYTERHUB_VAULT_TOKEN_TTL", "value": "12h"}]},
            {"name": "of-the-site"},
        ],
        "config": {
            "GenericOAuthenticator": {
                "client_id": "notebooks",
                "authorize_url": f"{REALM}/auth",
                "token_url": f"{REALM}/token",
                "client_secret": SECRET,
                "oauth_callback_url": "https://hub.lab.internal/hub/oauth_callback",
            },
            "Authenticator": {"allow_all": True, "enable_auth_state": True},
        },
        "extraConfig": {"of-the-site": "c.Spawner.debug = True"},
        "image": {"name": "lab/hub", "tag": "7"},
        "podSecurityContext": {"fsGroup": 200},
    },
    "singleuser": {
        "extraEnv": {"VAULT_ADDR": "https://vault.lab.internal", "NOTEBOOK_VAULT_TOKEN_TTL": "8h", "COLOUR": "blue"},
        "extraPodConfig": {"runtimeClassName": "nvidia"},
        "extraResource": {"limits": {"nvidia.com/gpu": "2"}},
        "storage": {"type": "static", "static": {"pvcName": "jupyter-nfs-pvc"}, "capacity": "20Gi"},
        "networkPolicy": {
            "egress": [
                {
                    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "postgres"}}}],
                    "ports": [{"port": 5432, "protocol": "TCP"}],
                },
                {
                    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "chroma"}}}],
                    "ports": [{"port": 8000}],
                },
                {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 53}, {"port": 443}]},
                {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": [{"port": 22}]},
                {"to": [{"podSelector": {"matchLabels": {"release": "airflow"}}}], "ports": [{"port": 8080}]},
            ]
        },
        "profileList": [
            {"display_name": "Anything", "kubespawner_override": {"image": "quay.io/jupyter/base-notebook"}},
            {"display_name": "Buun-stack", "kubespawner_override": {"image": "localhost:30500/mine:python-3.12-5"}},
            {
                "display_name": "R at last",
                "default": True,
                "kubespawner_override": {"image": "lab.internal/r:4.5", "mem_limit": "8G"},
            },
        ],
    },
    "cull": {"enabled": True, "timeout": 3600, "maxAge": 432000},
    "ingress": {"hosts": ["hub.lab.internal"], "ingressClassName": "traefik", "tls": [{"secretName": "hub-tls"}]},
}


def release(**more: Any) -> Release:
    known: dict[str, Any] = {"name": "jupyterhub", "namespace": "datastack", "chart": "4.2.0", "values": VALUES}
    return Release(**known | more)


def made(text: str = "", **more: Any) -> tuple[dict[str, Any], str]:
    found = migrated(text, release(**more))
    assert parse(found.text, "stack.yaml")[0].target.namespace == "datastack"
    return yaml.safe_load(found.text), "\n".join(found.notes)


def test_names_homes_login_and_secrets_stay_where_they_are() -> None:
    stack, _ = made(store="our-store", monitored=True)

    assert (stack["name"], stack["target"]["namespace"], stack["chart"]["version"]) == (
        "jupyterhub",
        "datastack",
        "4.2.0",
    )
    assert stack["storage"]["nfs"] == {"claim": "jupyter-nfs-pvc", "folder": "{username}"}
    assert (stack["storage"]["fs_group"], stack["storage"]["capacity"]) == (200, "20Gi")
    keycloak = {"url": "https://auth.lab.internal", "realm": "lab", "client_id": "notebooks"}
    assert stack["auth"]["keycloak"].items() >= keycloak.items()
    assert stack["auth"]["keycloak"]["client_secret"].startswith("k8s:")
    assert stack["vault"] == {
        "enabled": True,
        "address": "https://vault.lab.internal",
        "user_token": {"ttl": "8h"},
        "admin_token": {"ttl": "12h", "secret_store": "our-store"},
        "preset": "buun-stack",
    }
    assert stack["gpu"] == {"enabled": True, "all_profiles": True, "limit": 2}
    assert stack["monitoring"] == {"enabled": True}
    assert stack["culling"] == {"max_age": "5d", "idle_timeout": "1h", "enabled": True}
    assert stack["ingress"] == {"class_name": "traefik", "tls_secret": "hub-tls"}
    assert stack["egress"] == {
        "postgres": {},
        "chroma": {"namespace": "chroma", "ports": [8000]},
        "web": {},
        "range-10-1-0-0-16": {"host": "10.1.0.0/16", "ports": [22]},
        "airflow-here": {"namespace": "datastack", "ports": [8080]},
    }


def test_profiles_stay_and_those_of_the_site_become_its_own() -> None:
    stack, _ = made()

    assert stack["profiles"] == {
        "base": {"enabled": True},
        "buun-stack": {"enabled": True},
        "r-at-last": {
            "enabled": True,
            "default": True,
            "display_name": "R at last",
            "image": "lab.internal/r:4.5",
            "pod": {"mem_limit": "8G"},
        },
        "datascience": {"enabled": False},
    }
    images = {"registry": "localhost:30500", "name": "mine", "tag": "python-3.12-5"}
    assert stack["images"].items() >= images.items()


def test_each_value_that_is_unknown_is_named_and_no_secret_is_shown() -> None:
    found = migrated("", release())

    left = [note for note in found.notes if note.endswith("is unknown here, and left out")]
    assert left == [
        f"value {name} is unknown here, and left out"
        for name in (
            "hub.extraEnv.MY_PASSWORD",
            "hub.extraContainers",
            "hub.config.GenericOAuthenticator.client_secret",
            "hub.extraConfig.of-the-site",
            "singleuser.extraEnv.COLOUR",
        )
    ]
    assert SECRET not in found.text + "\n".join(found.notes)
    assert "value hub.image.tag is kept in chart_values" in found.notes
    assert yaml.safe_load(found.text)["chart_values"] == {"hub": {"image": {"name": "lab/hub", "tag": "7"}}}


def test_what_runs_wins_over_a_variable_and_the_difference_is_named() -> None:
    text = "KEYCLOAK_REALM=other\nJUPYTERHUB_HOST=hub.lab.internal\nMY_OWN=1\nJUPYTERHUB_NAMESPACE=jupyter\n"
    stack, notes = made(text)

    assert stack["auth"]["keycloak"]["realm"] == "lab"
    assert "auth.keycloak.realm: KEYCLOAK_REALM says other, and lab runs, which is taken" in notes
    assert "target.namespace: JUPYTERHUB_NAMESPACE says jupyter, and datastack runs, which is taken" in notes
    assert "JUPYTERHUB_HOST says" not in notes
    assert "line 3: MY_OWN is unknown here, and left out" in notes


def test_the_claim_of_the_hubs_database_keeps_its_class_and_its_size() -> None:
    values = deepcopy(VALUES)
    values["singleuser"]["storage"] = {"dynamic": {"storageClass": "longhorn"}}

    stack, notes = made(values=values, database_class="standard", database_size="5Gi")

    assert stack["storage"]["class_name"] == "longhorn"
    assert stack["chart_values"]["hub"]["db"]["pvc"] == {"storageClassName": "standard", "storage": "5Gi"}
    assert "the claim of the hub's database has standard" in notes


def test_a_database_elsewhere_is_not_replaced_by_an_empty_one() -> None:
    values = deepcopy(VALUES)
    values["hub"]["db"] = {"type": "postgres", "url": f"postgresql://hub:{SECRET}@db/hub"}

    stack, notes = made(values=values)

    assert stack["chart_values"]["hub"]["db"] == {"type": "postgres"}
    assert "without its own hub.db.url in chart_values nobody would find their sessions" in notes
    assert SECRET not in notes


def test_what_nothing_needs_any_more_and_servers_that_would_end_are_named() -> None:
    _, notes = made(leftovers=("configmap/vault-token-renewer-config",), old_servers=2)

    assert "configmap/vault-token-renewer-config is buun-stack's own: nothing needs it" in notes
    assert "2 servers would end at the first install: older than culling.max_age" in notes


@pytest.mark.parametrize("values", [{}, {"singleuser": {"profileList": []}}, {"ingress": {"enabled": False}}])
def test_a_release_that_says_little_is_a_stack_too(values: dict[str, Any]) -> None:
    stack, _ = made("JUPYTERHUB_HOST=hub.lab.internal\n", values=values)

    assert stack["storage"]["kind"] == "dynamic"
    assert stack["vault"] == {"enabled": False}
