"""What the hub says of its provider to whoever manages users."""

import time

from tests.hub.oidc.site import Browser, Standin
from tests.hub.oidc.test_outage import REST_SECONDS
from tests.hub.realhub import RealHub


def test_the_hub_says_whether_it_reaches_its_provider_and_when_it_last_did(hub: RealHub, provider: Standin) -> None:
    well = hub.api("GET", "stack/login/provider").json()
    provider.fault(status=503)
    ill = hub.api("GET", "stack/login/provider").json()

    assert (well["fault"], ill["answered"]) == ("", well["answered"])
    assert abs(time.time() - well["answered"]) < 30
    assert ill["fault"] == f"AUTH101 {provider.url}/.well-known/openid-configuration answers 503"


def test_nobody_else_is_told_of_the_provider(hub: RealHub, provider: Standin) -> None:
    time.sleep(REST_SECONDS)
    provider.account("sub-fred", "fred", "science")
    browser = Browser(hub)
    browser.sign_in("sub-fred")

    assert hub.api("GET", "stack/login/provider", token=browser.api_token()).status_code == 403
