"""Rules of the network: what can be reached has a name and TLS, and no field of the other target is ignored."""

import pytest

from spec import rules
from tests.spec.stacks import CLUSTER, LOCAL, Case, make_stack

NFS = CLUSTER + "storage: {kind: nfs, nfs: {server: nas, path: /a}}\n"
FILES = LOCAL + "hub: {tls: files, certificate: c.pem, key: k.pem}\n"

LISTENING = {
    f"{address} without TLS": Case(
        rules.a_server_on_the_network_uses_tls,
        LOCAL + f"hub: {{address: '{address}'}}\n",
        LOCAL + f"hub: {{address: '{near}', tls: {tls}}}\n",
        (3, 16),
        f"{address} can be reached from the network",
        "tls: self-signed, or address: 127.0.0.1",
    )
    for address, near, tls in (
        ("0.0.0.0", "0.0.0.0", "self-signed"),
        ("128.0.0.1", "127.255.255.255", "off"),
        ("::", "::1", "off"),
    )
} | {
    "no certificate": Case(
        rules.tls_files_are_named,
        FILES.replace(", certificate: c.pem", ""),
        FILES,
        (3, 12),
        "`tls: files` needs hub.certificate",
        "certificate: /path/to/certificate.pem",
    ),
    "no key": Case(
        rules.tls_files_are_named, FILES.replace(", key: k.pem", ""), FILES, (3, 12), "needs hub.key", "key: /path/to"
    ),
    "a certificate for nothing": Case(
        rules.tls_files_are_named,
        LOCAL + "hub: {tls: self-signed, certificate: c.pem}\n",
        LOCAL + "hub: {tls: self-signed}\n",
        (3, 38),
        "has no effect with `tls: self-signed`",
        "tls: files",
    ),
    "a host that is a broken address": Case(
        rules.addresses_are_addresses,
        LOCAL + "hub: {host: 256.1.1.1}\n",
        LOCAL + "hub: {host: 255.1.1.1}\n",
        (3, 13),
        "256.1.1.1 is neither a host name nor an IP address",
        "192.168.10.1",
    ),
    "an address that is none": Case(
        rules.addresses_are_addresses,
        LOCAL + "hub: {address: 127.0.0.999, tls: self-signed}\n",
        LOCAL + "hub: {address: 127.0.0.99, tls: self-signed}\n",
        (3, 16),
        "127.0.0.999 is not an IP address",
        "127.0.0.1",
    ),
    "a folder server that is a broken address": Case(
        rules.addresses_are_addresses,
        NFS.replace("nas", "10.0.0.300"),
        NFS.replace("nas", "10.0.0.30"),
        (4, 36),
        "10.0.0.300 is neither",
        "192.168.10.1",
    ),
    "a cluster by address": Case(
        rules.a_cluster_has_a_name,
        CLUSTER.replace("hub.lab.internal", "10.1.1.1"),
        CLUSTER,
        (3, 13),
        "reached by a host name, not by an IP address",
        "host: jupyter.example.net",
    ),
    "a cluster without a name": Case(
        rules.a_cluster_has_a_name,
        CLUSTER.replace("host: hub.lab.internal", ""),
        CLUSTER,
        (3, 6),
        "needs hub.host",
        "host: jupyter.example.net",
    ),
}
FOREIGN = {
    f"{field} on {kind}": Case(
        rules.fields_belong_to_the_target,
        f"version: 1\nhub: {{host: hub.lab.internal, {hub}}}\ntarget: {{{target}kind: {kind}}}\n",
        f"version: 1\nhub: {{host: hub.lab.internal}}\ntarget: {{kind: {kind}}}\n",
        (2, 31) if hub else (3, 10),
        f"has no effect on target {kind}",
        "remove it",
    )
    for kind, field, hub, target in (
        ("local", "context", "", "context: prod, "),
        ("local", "namespace", "", "namespace: jupyter, "),
        ("local", "timeout", "", "timeout: 5m, "),
        ("kubernetes", "confinement", "", "confinement: auto, "),
        ("kubernetes", "address", "address: 0.0.0.0", ""),
        ("kubernetes", "port", "port: 8000", ""),
        ("kubernetes", "tls", "tls: self-signed", ""),
        ("kubernetes", "certificate", "certificate: c.pem", ""),
        ("kubernetes", "key", "key: k.pem", ""),
    )
}
PLAIN = {
    f"{name} in the clear": Case(
        rules.remote_services_use_https,
        CLUSTER + text.format("http://lab.internal:80/x"),
        CLUSTER + text.format(near),
        (4, column),
        "would cross the network in the clear",
        "https://lab.internal:80/x",
    )
    for name, text, column, near in (
        ("Vault", "vault: {{address: {}}}\n", 18, "http://127.0.0.1:8200"),
        (
            "Keycloak",
            "auth: {{kind: keycloak, keycloak: {{url: {}, client_secret: env:A}}}}\n",
            40,
            "http://localhost/auth",
        ),
        (
            "a provider",
            "auth: {{kind: oidc, oidc: {{issuer: {}, client_id: a, client_secret: env:A}}}}\n",
            35,
            "https://lab.internal",
        ),
    )
}
CASES = LISTENING | FOREIGN | PLAIN


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


def test_an_ip_address_may_be_written_in_either_form() -> None:
    assert make_stack(hub={"host": "192.168.1.5", "address": "::1"}).hub.address == "::1"
