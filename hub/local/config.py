"""The hub's configuration where proxy, Vault and servers are processes of one machine."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hub.config import configure, notebook_environment, vault_api
from hub.form import ProfileForm
from hub.hooks import as_hook
from hub.local.measured import measure
from hub.settings import Local, Profile, Settings, SettingsError


def configure_local(c: Any, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
    """Set what holds on every target, and what holds here.

    Raises:
        SettingsError: the settings are another target's, or a secret is not in the environment.
    """
    local = settings.local
    if local is None:
        raise SettingsError("local: null, so these settings are not for the local target")
    configure(c, settings, environ, vault_api(settings))
    configure_addresses(c, local)
    configure_state(c, local)
    configure_proxy(c, local, environ)
    configure_notebook(c, settings)
    configure_servers(c, settings, local)
    measure(local, settings.vault is not None)


def configure_addresses(c: Any, local: Local) -> None:
    """The public address is the proxy's; the hub itself listens on loopback only."""
    c.JupyterHub.bind_url = local.public_url
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{local.hub_port}"
    if local.tls is not None:
        c.JupyterHub.ssl_cert = local.tls.certificate
        c.JupyterHub.ssl_key = local.tls.key


def configure_state(c: Any, local: Local) -> None:
    """What the hub keeps, and that servers outlive it."""
    state = Path(local.state)
    c.JupyterHub.db_url = f"sqlite:///{state / 'hub' / 'jupyterhub.sqlite'}"
    c.JupyterHub.upgrade_db = True
    # It starts `alembic` by its name, which lies beside this very Python (jupyterhub/dbutil.py).
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    c.JupyterHub.cookie_secret_file = str(state / "secrets" / "cookie-secret")
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.cleanup_proxy = False


def configure_proxy(c: Any, local: Local, environ: Mapping[str, str]) -> None:
    """Traefik, which the supervisor runs and which reads its routes from a file that the hub writes."""
    state = Path(local.state)
    password = environ.get("PROXY_API_PASSWORD")
    if not password:
        raise SettingsError("PROXY_API_PASSWORD is not in the hub's environment; `inv install` makes it")
    c.JupyterHub.proxy_class = "hub.local.proxy.StackProxy"
    # With TLS it would else wait for an entry point named `https` and give up.
    c.TraefikProxy.traefik_entrypoint = "http"
    c.TraefikProxy.traefik_api_url = local.proxy_api_url
    c.TraefikProxy.traefik_api_username = local.proxy_api_user
    c.TraefikProxy.traefik_api_password = password
    c.TraefikFileProviderProxy.should_start = False
    c.TraefikFileProviderProxy.static_config_file = str(state / "conf" / "traefik.toml")
    c.TraefikFileProviderProxy.dynamic_config_file = str(state / "traefik" / "rules.toml")


def configure_notebook(c: Any, settings: Settings) -> None:
    """What every notebook server gets."""
    c.Spawner.default_url = "/lab"
    c.Spawner.environment.update(notebook_environment(settings, {}))


def configure_servers(c: Any, settings: Settings, local: Local) -> None:
    """Notebook servers as processes; the profile that the spawn form offers is a Python environment."""
    form = ProfileForm(settings.profiles, partial(_start_in, settings))
    c.JupyterHub.spawner_class = "hub.local.spawner.LocalSpawner"
    c.LocalSpawner.state_dir = local.state
    c.LocalSpawner.python = local.python
    c.LocalSpawner.notebook_path = str(Path(local.state) / "notebook")
    c.LocalSpawner.confinement = local.confinement
    c.LocalSpawner.read_only_paths = list(local.read_only_paths)
    # Where the kernel cannot keep users apart, the first administrator is alone.
    c.LocalSpawner.sole_user = next(iter(settings.auth.admin_users), "")
    c.Spawner.options_form = as_hook(form.html)
    c.Spawner.options_from_form = as_hook(form.options)
    c.Spawner.apply_user_options = as_hook(form.apply)
    # The server fetches no news; that JupyterLab does not ask for them either is one of its settings.
    c.Spawner.args.extend(["--LabApp.news_url=None"])
    if os.geteuid() == 0:
        # A server runs as the stack's own user, whoever that is; confinement holds for root as well.
        c.Spawner.args.append("--allow-root")


def _start_in(settings: Settings, spawner: Any, profile: Profile) -> None:
    """Set all that a profile decides: the spawner lives on, and nothing of an earlier choice may stay."""
    spawner.environment = notebook_environment(settings, profile.environment)
    spawner.environment_id = profile.environment_id or ""
