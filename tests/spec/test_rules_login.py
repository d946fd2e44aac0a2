"""Rules of login: who may come in is said once, and each way has what it needs."""

import pytest

from spec import rules_login as rules
from spec.fields import USER_NAME
from tests.spec.stacks import CLUSTER, LOCAL, Case, place, problems

PROVIDER = CLUSTER + "auth: {kind: keycloak, keycloak: {url: https://a.lab.internal}, MORE}\n"
OIDC = CLUSTER + "auth: {kind: oidc, oidc: {issuer: https://a.lab.internal, client_id: hub, client_secret: env:A}}\n"

NAMED = {
    "dummy on a cluster": Case(
        rules.dummy_stays_on_loopback,
        CLUSTER + "auth: {kind: dummy}\n",
        LOCAL + "auth: {kind: dummy}\n",
        (4, 14),
        "`dummy` lets anybody in, so it is for trials on this machine",
        "keycloak",
    ),
    "dummy on the network": Case(
        rules.dummy_stays_on_loopback,
        LOCAL + "hub: {address: 0.0.0.0, tls: self-signed}\nauth: {kind: dummy}\n",
        LOCAL + "hub: {address: 127.0.0.2, tls: self-signed}\nauth: {kind: dummy}\n",
        (4, 14),
        "0.0.0.0 can be reached from the network",
        "native, or hub.address: 127.0.0.1",
    ),
    "everybody and some groups": Case(
        rules.one_way_in,
        PROVIDER.replace("MORE", "allow_all: true, allowed_groups: [a]"),
        PROVIDER.replace("MORE", "allow_all: false, allowed_groups: [a]"),
        (4, 98),
        "has no effect beside `allow_all: true`",
        "allow_all: false",
    ),
    "everybody and some users": Case(
        rules.one_way_in,
        LOCAL + "auth: {allow_all: true, allowed_users: [ada]}\n",
        LOCAL + "auth: {allow_all: true, allowed_users: []}\n",
        (3, 40),
        "has no effect beside `allow_all: true`",
        "allow_all: false",
    ),
    "groups of administrators without a provider": Case(
        rules.groups_have_a_provider,
        LOCAL + "auth: {kind: native, admin_groups: [a]}\n",
        PROVIDER.replace("MORE", "admin_groups: [a]"),
        (3, 22),
        "nobody has groups with `auth.kind: native`",
        "auth.kind: keycloak or oidc, or remove it",
    ),
    "groups of users without a provider": Case(
        rules.groups_have_a_provider,
        LOCAL + "auth: {kind: dummy, allowed_groups: [a]}\n",
        LOCAL + "auth: {kind: dummy, allowed_groups: []}\n",
        (3, 21),
        "nobody has groups with `auth.kind: dummy`",
        "auth.kind: keycloak or oidc, or remove it",
    ),
    "groups of a profile without a provider": Case(
        rules.groups_have_a_provider,
        LOCAL + "profiles: {base: {groups: [a]}}\n",
        PROVIDER.replace("MORE", "") + "profiles: {base: {groups: [a]}}\n",
        (3, 19),
        "nobody has groups with `auth.kind: native`",
        "auth.kind: keycloak or oidc",
    ),
    "Keycloak without its address": Case(
        rules.login_is_complete,
        LOCAL + "auth: {kind: keycloak}\n",
        LOCAL + "auth: {kind: keycloak, keycloak: {embedded: true}}\n",
        (3, 14),
        "`keycloak` needs auth.keycloak.url",
        "url: https://auth.example.net",
    ),
    "native without an administrator": Case(
        rules.login_is_complete,
        LOCAL + "auth: {admin_users: []}\n",
        LOCAL + "auth: {kind: dummy, admin_users: []}\n",
        (3, 21),
        "nobody could administer the stack",
        "[admin]",
    ),
    "a pattern that is none": Case(
        rules.the_username_pattern_is_one,
        LOCAL + "auth: {username_pattern: '[a'}\n",
        LOCAL + "auth: {username_pattern: '[a]'}\n",
        (3, 26),
        "not a regular expression: unterminated character set",
        USER_NAME,
    ),
    "a pattern that will mean something else": Case(
        rules.the_username_pattern_is_one,
        LOCAL + "auth: {username_pattern: '[[a]'}\n",
        LOCAL + "auth: {username_pattern: '[\\[a]'}\n",
        (3, 26),
        "Possible nested set",
        USER_NAME,
    ),
    "a pattern that repeats too often": Case(
        rules.the_username_pattern_is_one,
        LOCAL + "auth: {username_pattern: 'a{9999999999}'}\n",
        LOCAL + "auth: {username_pattern: 'a{9999}'}\n",
        (3, 26),
        "the repetition number is too large",
        USER_NAME,
    ),
}
PARTS = {
    f"a provider without its {name}": Case(
        rules.login_is_complete,
        OIDC.replace(text, ""),
        OIDC,
        (4, 14),
        f"`oidc` needs auth.oidc.{name}",
        f"{name}: ",
    )
    for name, text in (
        ("issuer", "issuer: https://a.lab.internal, "),
        ("client_id", "client_id: hub, "),
        ("client_secret", ", client_secret: env:A"),
    )
}
OTHERS = {
    f"{other} beside {kind}": Case(
        rules.login_is_complete,
        LOCAL + f"auth: {{kind: {kind}, {more}{other}: {{}}}}\n",
        LOCAL + f"auth: {{kind: {kind}, {more}}}\n",
        (3, 16 + len(kind + more)),
        f"has no effect with `auth.kind: {kind}`",
        f"kind: {other}, or remove it",
    )
    for kind, other, more in (
        ("native", "keycloak", ""),
        ("native", "oidc", ""),
        ("dummy", "native", ""),
        ("keycloak", "oidc", "keycloak: {embedded: true}, "),
    )
}
CASES = NAMED | PARTS | OTHERS


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


def test_a_part_without_a_value_is_pointed_at() -> None:
    found = problems(OIDC.replace("https://a.lab.internal", "null").replace("env:A", "null"))

    assert [(place(one), one.path) for one in found] == [
        ((4, 35), "auth.oidc.issuer"),
        ((4, 72), "auth.oidc.client_secret"),
    ]


def test_what_has_no_effect_is_said_once_whatever_is_in_it() -> None:
    found = problems(LOCAL + "auth: {keycloak: {session_idle: 25h, session_max: 24h}}\n")

    assert [one.path for one in found] == ["auth.keycloak"]


def test_dummy_at_an_address_that_is_none_is_left_to_the_rule_of_addresses() -> None:
    found = problems(LOCAL + "hub: {address: 1.1.1.999, tls: self-signed}\nauth: {kind: dummy}\n")

    assert [one.path for one in found] == ["hub.address"]
