"""The way in that users take: an Ingress served over TLS by Traefik, which is also what runs it on many clusters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from apply.target import target
from tests.e2e.stack import eventually
from tests.kubernetes.ingress import INGRESS, behind_traefik
from tests.kubernetes.site import Site


@pytest.fixture
def site_behind_traefik(site: Site, tmp_path: Path) -> Iterator[Site]:
    site.declare(ingress=INGRESS)
    with behind_traefik(site, tmp_path) as found:
        yield found


def test_a_user_signs_in_and_runs_code_over_the_ingress_and_commands_take_the_same_way(
    site_behind_traefik: Site,
) -> None:
    site = site_behind_traefik
    site.inv("install", "--yes")
    site.add_user("ada")
    eventually(lambda: _login_page(site), "the login page over the Ingress")

    ada = site.person("ada")
    ada.spawn("lab")

    assert ada.run("print(6 * 7)") == "42\n"
    cookie = next(found for found in ada.session.cookies if found.name == "jupyter-session")
    assert cookie.secure, "the cookie that keeps a browser on one proxy goes over TLS only"
    _commands_take_the_public_way_where_they_trust_it(site)


def _commands_take_the_public_way_where_they_trust_it(site: Site) -> None:
    with target(str(site.spec), None).reach() as way:
        assert (way.broken, way.url.startswith("http://127.0.0.1:")) == (True, True)
        assert "the certificate of the public address at https://hub.lab.internal is not trusted" in way.note
    site.declare(ingress=INGRESS, ca=str(site.ca))
    with target(str(site.spec), None).reach() as way:
        assert (way.url, way.trust, way.note) == ("https://hub.lab.internal/", Path(str(site.ca)), "")


def _login_page(site: Site) -> bool:
    answer = requests.get(f"{site.url}/hub/login", verify=site.ca, timeout=10)
    return answer.status_code == 200 and "Sign" in answer.text
