"""A real OpenBao as the deployer leaves it for one stack's hub: mount, policies, token role and the hub's login."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from hub.assertion import assertion
from hub.settings import Vault
from render.vault import VaultLayout, login_role, token_role
from tests.openbao import OpenBao
from tests.vault_lab import prepare


class VaultSide:
    """The server, the names of the stack in it, and what the hub is told of it."""

    def __init__(
        self, bao: OpenBao, folder: Path, stack: str = "jupyterhub", layout: VaultLayout | None = None
    ) -> None:
        self.bao = bao
        self.layout: VaultLayout = prepare(bao, stack, layout=layout)
        key = Ed25519PrivateKey.generate()
        self.key_file = folder / f"{stack}-hub-login.key"
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.key_file.write_bytes(pem)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        bao.ok("POST", f"sys/auth/{self.layout.hub_mount}", body={"type": "jwt"})
        config = {"jwt_validation_pubkeys": [public], "jwt_supported_algs": ["EdDSA"]}
        bao.ok("POST", f"auth/{self.layout.hub_mount}/config", body=config)
        self.write_login_role()

    def write_login_role(self, **changes: Any) -> None:
        """The hub's login role as it should be, or changed."""
        body = {**login_role("hub", self.layout.hub_policy), **changes}
        self.bao.ok("POST", f"auth/{self.layout.hub_mount}/role/hub", body=body)

    def write_token_role(self) -> None:
        self.bao.ok("PUT", f"auth/token/roles/{self.layout.token_role}", body=token_role(self.layout, "12h"))

    def remove_token_role(self) -> None:
        self.bao.ok("DELETE", f"auth/token/roles/{self.layout.token_role}")

    @property
    def settings(self) -> dict[str, Any]:
        """The part `vault` of the hub's settings."""
        return {
            "address": self.bao.address,
            "ca_file": str(self.bao.ca),
            "namespace": None,
            "jwt_file": None,
            "jwt_key_file": str(self.key_file),
            "token_file": None,
            "auth_mount": self.layout.hub_mount,
            "login_role": "hub",
            "token_role": self.layout.token_role,
            "policy": self.layout.notebook_policy,
            "user_policy_prefix": self.layout.user_policy_prefix if self.layout.per_user else None,
            "mount": self.layout.mount,
            "root": self.layout.root,
            "ttl": "1h",
            "max_ttl": "12h",
            "delivery": "on_demand",
            "required": False,
        }

    def unwrap(self, wrapped: str) -> str:
        """What a notebook does with the hub's answer."""
        return str(self.bao.ok("POST", "sys/wrapping/unwrap", wrapped)["auth"]["client_token"])

    def lives(self, token: str) -> bool:
        return bool(self.bao.call("GET", "auth/token/lookup-self", token)[0] == 200)

    def hub_login(self) -> str:
        """A token as the hub has it."""
        proof = assertion(Vault(**self.settings))
        path = f"auth/{self.layout.hub_mount}/login"
        return str(self.bao.ok("POST", path, "", {"role": "hub", "jwt": proof})["auth"]["client_token"])

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The server accepts connections and answers nothing."""
        (process,) = {
            psutil.Process(c.pid)
            for c in psutil.net_connections("tcp")
            if c.status == psutil.CONN_LISTEN and c.laddr.port == self.bao.port
        }
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    @contextmanager
    def sealed(self) -> Iterator[None]:
        """Every request is answered 503."""
        self.bao.seal()
        try:
            yield
        finally:
            self.bao.unseal()

    def accessors(self) -> set[str]:
        """Of every living notebook token; not of the envelopes they came in."""
        listed = self.bao.ok("LIST", "auth/token/accessors")["data"]["keys"]
        found = ((key, self.bao.call("POST", "auth/token/lookup-accessor", body={"accessor": key})) for key in listed)
        policies = {key: answer["data"]["policies"] for key, (status, answer) in found if status == 200}
        return {key for key, names in policies.items() if self.layout.notebook_policy in names}

    def connections(self) -> int:
        """How many clients are connected now."""
        return sum(
            c.status == psutil.CONN_ESTABLISHED and bool(c.laddr) and c.laddr.port == self.bao.port
            for c in psutil.net_connections("tcp")
        )
