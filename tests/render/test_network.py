"""The ways out of notebook servers that a stack's Vault needs."""

import pytest

from render.network import vault_egress
from spec.load import parse
from tests.spec.stacks import CLUSTER

ANYWHERE = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}


def pods_of(namespace: str) -> dict:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


@pytest.mark.parametrize(
    ("address", "peer", "ports"),
    [
        ("https://vault.security.svc.cluster.local:8443", pods_of("security"), [8200, 8443]),
        ("https://vault.security.svc", pods_of("security"), [443, 8200]),
        ("https://10.1.2.3:8200", {"ipBlock": {"cidr": "10.1.2.3/32"}}, [8200]),
        ("https://vault.lab.internal", ANYWHERE, [443]),
    ],
)
def test_vaults_address_decides_what_is_opened(address: str, peer: dict, ports: list[int]) -> None:
    text = (
        f"version: 1\ntarget: {{kind: kubernetes}}\nhub: {{host: hub.lab.internal}}\nvault: {{address: '{address}'}}\n"
    )

    (rule,) = vault_egress(parse(text, "stack.yaml")[0])

    assert rule == {"to": [peer], "ports": [{"port": port, "protocol": "TCP"} for port in ports]}


def test_a_stack_without_vault_opens_nothing_for_it() -> None:
    text = CLUSTER + "vault: {enabled: false}\n"

    assert vault_egress(parse(text, "stack.yaml")[0]) == []
