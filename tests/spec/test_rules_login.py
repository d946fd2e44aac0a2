"""Rules of login: who may come in is said once, and each way has what it needs."""

import pytest

from spec import rules_login as rules
from spec import rules_sessions
from spec.fields import USER_NAME
from spec.load import parse
from spec.rules import Rule
from tests.spec.stacks import CLUSTER, LOCAL, Case, place, problems, said_by

PROVIDER = CLUSTER + "auth: {kind: keycloak, keycloak: {url: https://a.lab.internal, client_secret: env:A}, MORE}\n"
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
        (4, 120),
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
        LOCAL + "auth: {kind: keycloak, keycloak: {client_secret: env:A}}\n",
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
ADMIN = "admin_secret: env:A"
MANAGED = CLUSTER + f"auth: {{kind: keycloak, keycloak: {{{ADMIN}, url: https://a.lab.internal, MORE}}}}\n"
EMBEDDED = LOCAL + "auth: {kind: keycloak, keycloak: {embedded: true, MORE}}\n"
KEYCLOAK = {
    "a client without a secret": Case(
        rules.what_install_manages_it_can_reach,
        MANAGED.replace(f"{ADMIN}, ", "").replace("MORE", ""),
        MANAGED.replace("MORE", ""),
        (4, 34),
        "`keycloak` needs auth.keycloak.client_secret, or admin_secret",
        "env:OIDC_SECRET",
    ),
    "a realm without a credential for it": Case(
        rules.what_install_manages_it_can_reach,
        MANAGED.replace(ADMIN, "client_secret: env:A").replace("MORE", "manage: realm"),
        MANAGED.replace("MORE", "manage: realm"),
        (4, 94),
        "`manage: realm` needs auth.keycloak.admin_secret",
        "inv auth.bootstrap",
    ),
    "users of a realm that is somebody else's": Case(
        rules.what_install_manages_it_can_reach,
        MANAGED.replace("MORE", "manage: groups, users: [{name: ada}]"),
        MANAGED.replace("MORE", "manage: realm, users: [{name: ada}]"),
        (4, 101),
        "has no effect with `manage: groups`",
        "manage: realm",
    ),
    "a Keycloak of its own in a cluster": Case(
        rules.an_embedded_keycloak_is_whole,
        CLUSTER + "auth: {kind: keycloak, keycloak: {embedded: true}}\n",
        EMBEDDED.replace("MORE", ""),
        (4, 45),
        "on the local target alone",
        "url: https://auth.example.net",
    ),
    "a Keycloak of its own on the network": Case(
        rules.an_embedded_keycloak_is_whole,
        LOCAL + "hub: {address: 0.0.0.0, tls: self-signed}\n" + EMBEDDED.removeprefix(LOCAL).replace("MORE", ""),
        LOCAL + "hub: {address: 127.0.0.2}\n" + EMBEDDED.removeprefix(LOCAL).replace("MORE", ""),
        (4, 45),
        "listens on this machine alone, and the hub on 0.0.0.0",
        "hub.address: 127.0.0.1",
    ),
    "a Keycloak of its own with another's address": Case(
        rules.an_embedded_keycloak_is_whole,
        EMBEDDED.replace("MORE", "url: https://a.lab.internal"),
        EMBEDDED.replace("MORE", "realm: lab"),
        (3, 51),
        "has no effect with `embedded: true`",
        "remove it",
    ),
    "an internal way across the network": Case(
        rules.the_internal_way_is_private,
        MANAGED.replace("MORE", "internal_url: http://keycloak.lab.internal"),
        MANAGED.replace("MORE", "internal_url: http://keycloak.auth.svc:8080"),
        (4, 99),
        "the client's secret would cross the network in the clear",
        "https://keycloak.lab.internal",
    ),
    "groups of a provider that tells none": Case(
        rules.groups_have_a_provider,
        OIDC.replace("env:A}", "env:A, groups_claim: null}, allowed_groups: [a]"),
        OIDC.replace("env:A}", "env:A}, allowed_groups: [a]"),
        (4, 118),
        "nobody has groups without auth.oidc.groups_claim",
        "groups_claim: groups",
    ),
    "a session of nobody": Case(
        rules.login_is_complete,
        LOCAL + "auth: {session: {}}\n",
        MANAGED.replace("MORE}", "}, session: {}"),
        (3, 8),
        "has no effect with `auth.kind: native`",
        "kind: keycloak or oidc",
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
WARNED = {
    "administrators alone": (
        rules.somebody_may_come_in,
        PROVIDER.replace(", MORE", ""),
        (4, 14),
        "warning: nobody but administrators can sign in",
    ),
    "a refresh that is rare": (
        rules_sessions.refreshes_are_frequent,
        PROVIDER.replace("MORE", "allow_all: true, session: {refresh: 16m}"),
        (4, 123),
        "warning: a user who is removed at the provider may stay for 16m",
    ),
}
CASES = NAMED | KEYCLOAK | PARTS | OTHERS


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(("rule", "text", "where", "message"), WARNED.values(), ids=WARNED.keys())
def test_what_is_probably_not_meant_is_warned_of(rule: Rule, text: str, where: tuple[int, int], message: str) -> None:
    warnings = parse(text, "stack.yaml")[1]

    assert [(place(one), one.message) for one in warnings] == [(where, message)]
    assert warnings == said_by(rule, text)
    assert parse(text.replace("16m", "15m").replace("env:A}}", "env:A}, allow_all: true}"), "stack.yaml")[1] == []


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
