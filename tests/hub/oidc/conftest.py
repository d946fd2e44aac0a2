"""The provider and the hub of the quick tests of sign-in; each test begins without faults."""

from collections.abc import Iterator

import pytest

from spec.fields import USER_NAME
from tests.hub.oidc.site import Standin, provider_hub
from tests.hub.realhub import RealHub


@pytest.fixture(scope="module")
def provider() -> Iterator[Standin]:
    with Standin() as found:
        yield found


@pytest.fixture(scope="module")
def hub(provider: Standin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    with provider_hub(tmp_path_factory.mktemp("oidc"), provider.url) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_goes_wrong(provider: Standin) -> None:
    provider.fault()


@pytest.fixture(scope="module")
def hub_with_pattern(provider: Standin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    auth = {"username_pattern": USER_NAME}
    with provider_hub(tmp_path_factory.mktemp("pattern"), provider.url, auth) as found:
        yield found
