"""Services and roles are added to what a chart or a site has configured."""

from typing import Any

import pytest
from traitlets.config import Config

from hub.roles import configure_services, configure_vault_scope
from hub.settings import SettingsError
from tests.hub.examples import ENVIRONMENT
from tests.hub.loaded import loaded

NEEDED = {
    "admin-service-role": {"admin:users", "tokens", "admin:servers"},
    "culler-role": {"list:users", "read:users:activity", "read:servers", "delete:servers"},
}


def _roles(c: Any) -> dict[str, dict[str, Any]]:
    return {role["name"]: role for role in c.JupyterHub.load_roles}


def test_both_services_have_their_token_and_just_their_scopes() -> None:
    c = Config()

    configure_services(c, loaded(), ENVIRONMENT)

    tokens = {service["name"]: service["api_token"] for service in c.JupyterHub.services}
    assert tokens == {
        "admin-service": ENVIRONMENT["BUUNSTACK_ADMIN_SERVICE_TOKEN"],
        "culler": ENVIRONMENT["BUUNSTACK_CULLER_TOKEN"],
    }
    assert {name: set(role["scopes"]) for name, role in _roles(c).items()} == NEEDED
    assert all("command" not in service for service in c.JupyterHub.services), "the hub must not run them itself"


def test_what_the_chart_has_configured_stays() -> None:
    c = Config()
    c.JupyterHub.services = [{"name": "jupyterhub-idle-culler"}]
    c.JupyterHub.load_roles = [{"name": "jupyterhub-idle-culler", "scopes": ["list:users"]}]

    configure_services(c, loaded(), ENVIRONMENT)

    assert c.JupyterHub.services[0] == {"name": "jupyterhub-idle-culler"}
    assert _roles(c)["jupyterhub-idle-culler"] == {"name": "jupyterhub-idle-culler", "scopes": ["list:users"]}
    assert len(c.JupyterHub.services) == 3


def test_what_was_appended_to_an_unset_list_stays() -> None:
    c = Config()
    c.JupyterHub.services.append({"name": "own"})
    c.JupyterHub.load_roles.append({"name": "own-role", "scopes": []})

    configure_services(c, loaded(), ENVIRONMENT)

    assert [service["name"] for service in c.JupyterHub.services] == ["own", "admin-service", "culler"]
    assert "own-role" in _roles(c)


def test_a_service_whose_token_comes_otherwise_is_not_added_again() -> None:
    c = Config()
    c.JupyterHub.services = [{"name": "admin-service", "api_token": "from-the-chart"}]
    settings = loaded(services=[{"name": "admin-service", "scopes": ["tokens"], "token_variable": None}])

    configure_services(c, settings, {})

    assert c.JupyterHub.services == [{"name": "admin-service", "api_token": "from-the-chart"}]
    assert "load_roles" not in c.JupyterHub


@pytest.mark.parametrize("variable", ["BUUNSTACK_ADMIN_SERVICE_TOKEN", "BUUNSTACK_CULLER_TOKEN"])
def test_a_token_that_is_empty_or_not_there_is_named(variable: str) -> None:
    lost = {name: token for name, token in ENVIRONMENT.items() if name != variable}

    for environment in (lost, {**lost, variable: ""}):
        with pytest.raises(SettingsError, match=variable):
            configure_services(Config(), loaded(), environment)


def test_a_server_may_ask_for_a_vault_token_for_itself_alone() -> None:
    c = Config()

    configure_vault_scope(c)

    # JupyterHub's own two must stay: without them a server can neither be entered nor say that it is in use.
    assert c.Spawner.server_token_scopes == [
        "users:activity!user",
        "access:servers!server",
        "custom:vault:token!server",
    ]
    assert _roles(c)["user"]["scopes"] == ["self", "custom:vault:token!user"]


def test_a_role_user_of_the_site_keeps_its_scopes() -> None:
    c = Config()
    c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "shares!user"]}]
    c.Spawner.server_token_scopes = ["inherit"]

    configure_vault_scope(c)

    assert _roles(c)["user"]["scopes"] == ["self", "shares!user", "custom:vault:token!user"]
    assert c.Spawner.server_token_scopes == ["inherit", "custom:vault:token!server"]
