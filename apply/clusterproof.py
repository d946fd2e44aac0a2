"""Proof that a stack in a cluster works: the hub's API, its configuration, the login page, and if asked a server."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apply import clusterhub, firstlogin, tokendelivery
from apply.causes import causes
from apply.hubapi import HubApi
from apply.kube import Kube
from apply.spawned import HOMES, SERVERS, owner
from apply.target import SPAWN, Tell
from render.hubfiles import layout
from spec.errors import StackError
from spec.quantities import seconds
from spec.ways import has_lasting_token

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_PATIENCE_SECONDS = 30
_PAUSE_SECONDS = 0.5
_OK = 200
_USER = "install-proof"
"""Who starts a server as a proof; the account and its home are removed."""


def prove(target: "ClusterTarget", wanted: str, tell: Tell) -> None:
    """Make the first administrator, and ask everything that can be asked.

    Args:
        wanted: `spawn` starts a server as well.

    Raises:
        StackError: something does not answer as it should.
    """
    with clusterhub.hub(target) as hub:
        firstlogin.ensure(target.kube, target.namespace, target.stack, hub, tell)
        if problems := _problems(target, hub, tell):
            message = "the hub runs, but not as declared:\n  " + "\n  ".join(problems)
            hint = "what the site's own values set is in chart_values (hub.extraConfig); for Vault: inv vault.apply"
            raise StackError(message, hint)
        tell("the hub's API answers and its configuration is the declared one")
        _prove_login_page(target, tell)
        if wanted == SPAWN:
            _prove_server(target, hub, tell)


def _problems(target: "ClusterTarget", hub: HubApi, tell: Tell) -> list[str]:
    """What the hub says is not as declared; a token that an operator brings may come a little after the hub."""
    until, by_token = time.monotonic() + _PATIENCE_SECONDS, has_lasting_token(target.stack.vault)
    while (found := hub.health()) and by_token and time.monotonic() < until:
        tell("waiting for the hub's Vault token")
        tokendelivery.touched(target, {"secret": layout(target.stack).admin_secret})
        time.sleep(_PAUSE_SECONDS)
    return found


def _prove_login_page(target: "ClusterTarget", tell: Tell) -> None:
    with clusterhub.proxy(target) as address:
        await_login_page(address)
    tell("the login page answers through the proxy")


def await_login_page(address: str) -> None:
    """Ask until the page comes.

    Raises:
        StackError: it does not come.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        status = clusterhub.login_page_status(address)
        if status == _OK:
            return
        if time.monotonic() > until:
            raise StackError(f"the login page answers {status} through the proxy", hint="inv doctor; inv logs hub")
        time.sleep(_PAUSE_SECONDS)


def _prove_server(target: "ClusterTarget", hub: HubApi, tell: Tell) -> None:
    tell(f"starting a server of {_USER}")
    hub.ensure_user(_USER)
    try:
        hub.start_server(_USER)
        _await(target, hub, tell)
    finally:
        _clean(target, hub)
    tell("a server has started and ended")


def _await(target: "ClusterTarget", hub: HubApi, tell: Tell) -> None:
    until = time.monotonic() + seconds(target.stack.target.timeout)
    while (state := hub.server_state(_USER)) != "ready":
        found = _why(target.kube, target.namespace)
        if state == "stopped" or time.monotonic() > until:
            raise StackError(f"a server of {_USER} did not start\n" + "\n".join(found), hint="inv doctor; inv logs hub")
        tell(f"the server of {_USER} is {state}" + (f": {found[0].strip()}" if found else ""))
        time.sleep(_PAUSE_SECONDS)


def _why(kube: Kube, namespace: str) -> list[str]:
    core = f"/api/v1/namespaces/{namespace}"
    mine = [pod for pod in kube.items(f"{core}/pods", SERVERS) if owner(pod) == _USER]
    return [
        f"  {cause.pod}: {cause.message}" for cause in causes(mine, kube.items(f"{core}/events"), [], datetime.now(UTC))
    ]


def _clean(target: "ClusterTarget", hub: HubApi) -> None:
    hub.remove_user(_USER)
    claims = f"/api/v1/namespaces/{target.namespace}/persistentvolumeclaims"
    for claim in target.kube.items(claims, HOMES, metadata=True):
        if owner(claim) == _USER:
            target.kube.delete(f"{claims}/{claim['metadata']['name']}")
