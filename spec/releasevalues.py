"""The values of a release, taken one after the other: what nobody takes is unknown. Pure."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from spec.secrecy import names_secret
from spec.stackfile import Path

_KNOWN = (
    *(f"hub.extraEnv.{name}" for name in ("JUPYTERHUB_CRYPT_KEY", "JUPYTERHUB_ADMIN_SERVICE_TOKEN", "VAULT_ADDR")),
    *(f"hub.extraEnv.NOTEBOOK_VAULT_TOKEN_{name}" for name in ("TTL", "MAX_TTL")),
    *(f"hub.extraFiles.{name}" for name in ("startup\\.sh", "user_policy\\.hcl", "pre_spawn_hook\\.py")),
    *(f"hub.extraConfig.{name}" for name in ("load-pre-spawn-hook", "configure-security-context", "admin-service")),
    "hub.command",
    *(f"hub.config.JupyterHub.{name}" for name in ("authenticator_class", "admin_access", "authenticate_prometheus")),
    *(f"hub.config.GenericOAuthenticator.{name}" for name in ("login_service", "username_claim", "auth_refresh_age")),
    "hub.config.GenericOAuthenticator.refresh_pre_spawn",
    "hub.config.Authenticator.enable_auth_state",
    "hub.config.OAuthenticator.scope",
    *("hub.config.JupyterHub.cookie_secret", "hub.config.ConfigurableHTTPProxy.auth_token", "hub.cookieSecret"),
    *("hub.config.CryptKeeper.keys", "proxy.secretToken"),
    *("hub.networkPolicy.ingress", "hub.db.upgrade", "proxy.service.type", "ingress.pathType"),
    *("singleuser.cloudMetadata.blockWithIptables", "singleuser.allowPrivilegeEscalation"),
    "singleuser.extraPodConfig.securityContext",
    "singleuser.image.pullPolicy",
    "singleuser.storage.dynamic.storageAccessModes",
    "singleuser.storage.dynamic.pvcNameTemplate",
)
"""What buun-stack sets and this stack does in its own way, and the keys that install keeps from the hub's Secret."""
_VOLUMES = ("vault-secrets", "vault-config", "vault-admin-token")
_CARRIED = re.compile(
    r"hub\.(image|resources|nodeSelector|tolerations|labels|annotations|concurrentSpawnLimit|activeServerLimit)\b"
    r"|proxy\.(chp|traefik|labels|annotations)\b"
    r"|singleuser\.(image|nodeSelector|extraTolerations|extraNodeAffinity|memory|cpu|defaultUrl|startTimeout|cmd)\b"
    r"|(scheduling|prePuller|debug|rbac)\b"
)
"""What may stand in `chart_values` as it is: no code, no variables, no settings of the hub's own configuration."""


class Values:
    """The values that nobody has taken yet."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Leaves the mapping that is given alone."""
        self._left = deepcopy(values)

    def take(self, place: str, *names: str) -> Any:
        """Take what is at a place such as `hub.config`; None where nothing is. A dot in a name has a backslash.

        Args:
            names: of a list, only the items of these names; a list of them.
        """
        *steps, last = _path(place)
        at: Any = self._left
        for step in steps:
            at = at.get(step) if isinstance(at, dict) else None
        if not isinstance(at, dict) or last not in at:
            return [] if names else None
        if not names:
            return at.pop(last)
        taken = [one for one in at[last] if one.get("name") in names]
        at[last] = [one for one in at[last] if one.get("name") not in names]
        return taken

    def take_if(self, place: str, fits: Callable[[Any], bool]) -> None:
        """Take a value that is as it is expected."""
        value = self.take(place)
        if value is not None and not fits(value):
            self._put(_path(place), value)

    def drop_known(self) -> None:
        """Take what buun-stack always sets, and what install keeps without a word in the file."""
        for place in _KNOWN:
            self.take(place)
        for name in ("hub.extraVolumes", "hub.extraVolumeMounts"):
            self.take(name, *_VOLUMES)

    def rest(self) -> tuple[dict[Path, Any], list[Path]]:
        """(what may stand in `chart_values`, the places of what may not) of all that is left."""
        kept, left = {}, []
        for path, value in _leaves(self._left, ()):
            if _CARRIED.match(".".join(path)) and not any(names_secret((step,)) for step in path):
                kept[path] = value
            else:
                left.append(path)
        return kept, left

    def _put(self, path: Path, value: Any) -> None:
        at = self._left
        for step in path[:-1]:
            at = at.setdefault(step, {})
        at[path[-1]] = value


def _path(place: str) -> Path:
    return tuple(step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", place))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Each value that is no mapping; an empty mapping or list says nothing."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    elif value not in (None, []):
        yield path, value
