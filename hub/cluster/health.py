"""`/hub/api/stack/health`: whether the running configuration is the declared one, for `inv install`'s proof."""

import json
from typing import Any

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from hub.cluster.invariants import CULLER, findings
from hub.settings import Settings
from hub.vaultapi import VaultApi
from hub.vaulterrors import VaultError


class HealthHandler(APIHandler):  # type: ignore[misc]
    """Needs the right to manage all servers."""

    def initialize(self, settings_of_stack: Settings, vault: VaultApi | None) -> None:
        """Args: settings_of_stack: as declared."""
        self._settings_of_stack, self._vault = settings_of_stack, vault

    async def prepare(self) -> None:
        """Called by tornado before each method."""
        await super().prepare()
        if "admin:servers" not in self.expanded_scopes:
            raise web.HTTPError(403, "This needs the scope admin:servers for all servers.")

    async def get(self) -> None:
        """The stack's name, and what is broken: by a site's own values or code, or on the way to Vault.

        With a token that lasts, its accessor tells which one is in use.
        """
        wanted = self._settings_of_stack
        problems = findings(self.config, wanted)
        known = {service.name for service in self.db.query(orm.Service)}
        if wanted.culling.enabled and CULLER not in known:
            problems.append(f"service {CULLER} is not registered; idle servers are never ended")
        accessor = None
        try:
            accessor = None if self._vault is None else await self._vault.check()
        except VaultError as error:
            problems.append(f"the hub cannot log in to Vault, so no server gets secrets: {error}")
        self.finish(json.dumps({"stack": wanted.stack, "problems": problems, "vault_accessor": accessor}))


def health_route(settings: Settings, vault: VaultApi | None) -> tuple[str, type, dict[str, Any]]:
    """The handler and its place below /hub."""
    return (r"/api/stack/health", HealthHandler, {"settings_of_stack": settings, "vault": vault})
