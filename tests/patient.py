"""A stack for the doctor: its login layer, and a hub or none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apply import logincheck, loginprobes
from apply.findings import Finding
from apply.hubapi import HubApi
from apply.keycloak import Keycloak
from apply.loginlayer import LoginLayer
from apply.references import Places
from render.keycloak import keycloak_objects
from render.login import provider_settings
from spec.errors import StackError
from spec.load import parse
from spec.model import Stack

SECRET = "the-hubs-own-secret-0123456789"


@dataclass
class Delivered:
    """What the hub reads its secret from."""

    lines: list[str]

    def read(self) -> list[str]:
        return self.lines


@dataclass
class Patient:
    """A target as the doctor sees it; a fake of `apply.target.Target`."""

    stack: Stack
    url: str
    """Of the hub, with a slash at its end."""
    connect: Callable[[], Keycloak | None] = lambda: None
    hub_api: HubApi | None = None
    delivered: list[str] = field(default_factory=lambda: [SECRET])

    @contextmanager
    def login(self) -> Iterator[LoginLayer]:
        places = Places(Path(), vault=_nothing, kube=_nothing, namespace="")
        told = provider_settings(self.stack, self.url, "client-secret", self.stack.ca)
        declared = keycloak_objects(self.stack, self.url)
        yield LoginLayer(self.stack, told, declared, places, Delivered(self.delivered), self.connect)

    @contextmanager
    def hub(self) -> Iterator[HubApi]:
        if self.hub_api is None:
            raise StackError("it does not run")
        yield self.hub_api

    def findings(self) -> list[Finding]:
        """What the doctor says; no secret is in it."""
        found = logincheck.findings(loginprobes.observed(self))
        assert not [secret for secret in (SECRET, *self.delivered) if secret in repr(found)]
        return found

    def codes(self) -> list[tuple[str, str]]:
        return [(one.code, one.severity) for one in self.findings()]


def parsed(text: str) -> Stack:
    """A stack file, read."""
    stack, problems = parse(text, "stack.yaml")
    assert stack is not None, problems
    return stack


def _nothing() -> Any:
    raise StackError("there is none")
