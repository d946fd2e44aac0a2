"""The hub's configuration on Kubernetes: added to what the chart has made of its values."""

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from hub.cluster.health import health_route
from hub.cluster.homes import keep_home
from hub.cluster.profiles import ProfileList
from hub.cluster.shared import mount_shared
from hub.cluster.tokensecret import TokenSecrets
from hub.config import configure, vault_api
from hub.hooks import as_hook
from hub.refusal import NotStarted, leave_uncounted
from hub.roles import configured_list
from hub.settings import Cluster, Settings, SettingsError

_SLOW_SPAWN_SECONDS = 1.0
"""How long a request for a server waits for a refusal; the chart's 0 answers 202 before anybody has looked."""

_FAULT = 500
"""From this status on it is not the user who is refused, but the cluster that fails."""


def configure_cluster(c: Any, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
    """Set what holds on every target, and what the chart has no values for.

    Raises:
        SettingsError: the settings are another target's.
    """
    if settings.cluster is None:
        raise SettingsError("cluster: null, so these settings are not for a cluster")
    vault = vault_api(settings)
    tokens = TokenSecrets()
    configure(c, settings, environ, vault, [health_route(settings, vault)], tokens.put)
    if settings.vault is not None and settings.vault.delivery == "env":
        c.KubeSpawner.after_pod_created_hook = as_hook(tokens.pod_created)
    configure_servers(c, settings, settings.cluster)


def configure_servers(c: Any, settings: Settings, cluster: Cluster) -> None:
    """Profiles narrowed to the user's groups, shared folders, and homes that outlive a change of their names."""
    closed_to = {profile.slug: profile.groups for profile in settings.profiles}
    profiles = ProfileList(configured_list(c.KubeSpawner, "profile_list"), closed_to)
    c.KubeSpawner.profile_list = as_hook(profiles.offered)
    c.KubeSpawner.apply_user_options = as_hook(partial(_prepare, profiles, cluster))
    c.JupyterHub.tornado_settings.update({"slow_spawn_timeout": _SLOW_SPAWN_SECONDS})


async def _prepare(profiles: ProfileList, cluster: Cluster, spawner: Any, options: Mapping[str, Any]) -> None:
    """Before a start: every start has a spawner of its own, so nothing needs to be taken back."""
    try:
        profiles.check(spawner, options)
        mount_shared(spawner, cluster.shared)
        if spawner.storage_pvc_ensure:
            await keep_home(spawner)
    except NotStarted as refusal:
        if refusal.status_code < _FAULT:
            leave_uncounted(spawner)
        raise
