"""What install keeps of a stack in its namespace: keys that never change, generations that can be taken back to."""

from apply import generations, keys
from apply.generations import STACK
from apply.kube import Kube
from render.extras import keys_secret


def test_keys_are_made_once_and_stay(kube: Kube, namespace: str) -> None:
    wanted = keys.missing({"cookie_secret", "crypt_key"}, {}, None)

    first = keys.ensure(kube, namespace, "lab", wanted)
    second = keys.ensure(kube, namespace, "lab", keys.missing({"cookie_secret", "proxy_token"}, {}, None))

    assert first == wanted
    assert second["cookie_secret"] == first["cookie_secret"]
    assert second.keys() == {"cookie_secret", "crypt_key", "proxy_token"}
    kept = kube.get(f"/api/v1/namespaces/{namespace}/secrets/{keys_secret('lab')}")
    assert keys.read(kept) == second


def test_a_hub_installed_by_hand_keeps_its_keys(kube: Kube, namespace: str) -> None:
    data = {"hub.config.JupyterHub.cookie_secret": "0" * 64}
    hub = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hub"}, "stringData": data}
    of_chart = kube.create(f"/api/v1/namespaces/{namespace}/secrets", hub)

    found = keys.missing({"cookie_secret", "proxy_token"}, {}, of_chart)

    assert found["cookie_secret"] == "0" * 64
    assert len(found["proxy_token"]) == 64


def test_the_last_ten_generations_are_kept_and_read_back_whole(kube: Kube, namespace: str) -> None:
    made = []
    for number in range(12):
        files = {"jupyterhub.json": f'{{"token": "@{{admin_service_token}}", "number": {number}}}'}
        made.append(generations.write(kube, namespace, "lab", files, made[-10:], "install", {"hub": number}))

    secrets = kube.items(f"/api/v1/namespaces/{namespace}/secrets", f"{STACK}=lab", metadata=True)
    found = generations.of(secrets)

    assert [generation.number for generation in found] == list(range(3, 13))
    assert found[-1].summary["workloads"] == {"hub": 11}
    assert '"number": 11' in generations.artifacts(kube, namespace, found[-1])["jupyterhub.json"]
