"""Where this program connects to, inside a cluster and outside."""

from apply.keycloak import place

PUBLIC = "https://auth.lab.internal"


def test_the_internal_address_is_taken_where_its_name_is_known() -> None:
    assert place(PUBLIC, "http://127.0.0.1:8080") == "http://127.0.0.1:8080"


def test_elsewhere_the_public_one_is_taken() -> None:
    assert place(PUBLIC, None) == PUBLIC
    assert place(PUBLIC, "http://keycloak.keycloak.invalid:8080") == PUBLIC
