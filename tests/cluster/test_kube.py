"""The raw client against a real API server: objects, dry runs, and refusals in words."""

import dataclasses
import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apply.kube import Kube, Refused
from spec.errors import TargetUnreachable


def config_map(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_a_dry_run_shows_what_would_come_and_changes_nothing(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/hub"

    would = kube.apply(path, config_map("hub", a="1"), "test", dry_run=True)

    assert would["data"] == {"a": "1"}
    assert kube.get(path) is None


def test_apply_takes_over_and_a_list_may_be_metadata_alone(kube: Kube, namespace: str) -> None:
    folder = f"/api/v1/namespaces/{namespace}/configmaps"
    kube.create(folder, config_map("hub", a="1"))

    kube.apply(f"{folder}/hub", config_map("hub", a="2"), "test")

    assert (kube.get(f"{folder}/hub") or {})["data"] == {"a": "2"}
    assert all("data" not in item for item in kube.items(folder, metadata=True))


def test_removing_what_is_gone_is_no_error(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/hub"
    kube.apply(path, config_map("hub"), "test")

    kube.delete(path)
    kube.delete(path)

    assert kube.get(path) is None


def test_a_second_creation_is_refused_with_its_status(kube: Kube, namespace: str) -> None:
    folder = f"/api/v1/namespaces/{namespace}/configmaps"
    kube.create(folder, config_map("hub"))

    with pytest.raises(Refused) as caught:
        kube.create(folder, config_map("hub"))
    assert caught.value.status == 409


def test_a_used_up_quota_is_named(kube: Kube, namespace: str) -> None:
    core = f"/api/v1/namespaces/{namespace}"
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few"},
        "spec": {"hard": {"secrets": "0"}},
    }
    kube.create(f"{core}/resourcequotas", quota)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}, "stringData": {"token": "s3cr3t"}}

    def fill() -> None:
        for number in range(200):  # the quota's controller takes a moment to count
            kube.create(f"{core}/secrets", {**secret, "metadata": {"name": f"one-{number}"}})

    with pytest.raises(Refused, match="quota") as caught:
        fill()
    assert "s3cr3t" not in caught.value.text()


def test_a_missing_right_and_unknown_credentials_are_told_apart(kube: Kube, namespace: str) -> None:
    core = f"/api/v1/namespaces/{namespace}"
    path = f"{core}/serviceaccounts"
    kube.create(path, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "weak"}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = kube.create(f"{path}/weak/token", request)["status"]["token"]
    tls = _without_client_certificate(kube)

    def as_user(bearer: str) -> Kube:
        return Kube(dataclasses.replace(kube.access, tls=tls, headers={"Authorization": f"Bearer {bearer}"}))

    with pytest.raises(Refused, match=r"not permitted: .*weak.* cannot list resource") as forbidden:
        as_user(token).items(f"{core}/secrets")
    with pytest.raises(Refused, match="wrong, or have expired") as unknown:
        as_user("nobody").items(f"{core}/secrets")
    assert forbidden.value.hint
    assert unknown.value.hint


def test_an_api_server_that_does_not_answer_is_named(kube: Kube) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        port = taken.getsockname()[1]
        with pytest.raises(TargetUnreachable, match=f"127.0.0.1:{port} does not answer"):
            Kube(dataclasses.replace(kube.access, server=f"https://127.0.0.1:{port}")).get("/version")


def test_a_server_of_another_authority_is_not_trusted(kube: Kube) -> None:
    stranger = dataclasses.replace(kube.access, tls=ssl.create_default_context())

    with pytest.raises(TargetUnreachable, match="does not trust"):
        Kube(stranger).get("/version")


def test_an_expired_certificate_is_told_apart_from_one_that_is_not_trusted(kube: Kube, tmp_path: Path) -> None:
    pair = _expired_certificate(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pair)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ending = threading.Thread(target=_one_handshake, args=(server, serving))
        ending.start()
        port = server.getsockname()[1]
        tls = ssl.create_default_context(cafile=str(pair))
        with pytest.raises(TargetUnreachable, match=f"on the way to https://127.0.0.1:{port} has expired") as caught:
            Kube(dataclasses.replace(kube.access, server=f"https://127.0.0.1:{port}", tls=tls)).get("/version")
        ending.join(10)
    assert "renew" in caught.value.hint


def _one_handshake(server: socket.socket, serving: ssl.SSLContext) -> None:
    connection, _ = server.accept()
    with connection, pytest.raises(ssl.SSLError):
        serving.wrap_socket(connection, server_side=True)


def _expired_certificate(folder: Path) -> Path:
    """Its own authority, valid until yesterday, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now - timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "pair.pem"
    path.write_bytes(plain + made.public_bytes(encoding))
    return path


def _without_client_certificate(kube: Kube) -> ssl.SSLContext:
    authorities = kube.access.tls.get_ca_certs(binary_form=True)
    pem = "".join(ssl.DER_cert_to_PEM_cert(found) for found in authorities)
    return ssl.create_default_context(cadata=pem)
