"""Rules between sections: each refuses what it is for and nothing beside it."""

import pytest

from spec import rules, rules_sessions, rules_vault
from spec.load import parse
from tests.spec.stacks import CLUSTER, LOCAL, Case, place, problems, said_by
from tests.spec.test_rules_cluster import CASES as CLUSTERS
from tests.spec.test_rules_images import CASES as IMAGES
from tests.spec.test_rules_login import CASES as LOGIN
from tests.spec.test_rules_login import WARNED as LOGIN_WARNED
from tests.spec.test_rules_network import CASES as NETWORK
from tests.spec.test_rules_profiles import CASES as PROFILES
from tests.spec.test_rules_texts import CASES as TEXTS
from tests.spec.test_rules_texts import WARNED as TEXTS_WARNED

ENV = CLUSTER + "vault: {delivery: env, user_token: {ttl: 1h, max_ttl: 12h}}\n"
PRESET = CLUSTER + "vault: {preset: buun-stack, user_token: {max_ttl: 7d}}\n"
KEYCLOAK = (
    CLUSTER + "auth: {kind: keycloak, keycloak: {url: https://a.lab.internal, client_secret: env:A, "
    "session_idle: 8d, session_max: MAX}}\n"
)
NFS = CLUSTER + "storage: {kind: nfs, nfs: {server: nas, path: /a}}\n"

TOKENS = {
    "a server as old as its token's cap": Case(
        rules_vault.servers_end_before_their_tokens,
        ENV + "culling: {max_age: 710m, every: 10m}\n",
        ENV + "culling: {max_age: 709m, every: 10m}\n",
        (5, 20),
        "a server may live 710m and one check more (10m), its token at most 12h",
        "raise vault.user_token.max_ttl",
    ),
    "a server that never ends": Case(
        rules_vault.servers_end_before_their_tokens,
        ENV + "culling: {enabled: false}\n",
        ENV.replace("env", "on_demand") + "culling: {enabled: false}\n",
        (5, 20),
        "without culling a server outlives its token",
        "vault.delivery: on_demand",
    ),
    "a preset with tokens in the environment": Case(
        rules_vault.servers_end_before_their_tokens,
        PRESET + "culling: {max_age: 7d}\n",
        PRESET + "culling: {max_age: 6d}\n",
        (5, 20),
        "its token at most 7d",
        "lower culling.max_age",
    ),
    "secrets switched off": Case(
        rules_vault.servers_end_before_their_tokens,
        ENV + "culling: {max_age: 7d}\n",
        ENV.replace("{delivery", "{enabled: false, delivery") + "culling: {max_age: 7d}\n",
        (5, 20),
        "a server may live",
        "lower",
    ),
    "a token above its cap": Case(
        rules_vault.a_token_lives_at_most_its_cap,
        LOCAL + "vault: {user_token: {ttl: 61m, max_ttl: 1h}}\n",
        LOCAL + "vault: {user_token: {ttl: 60m, max_ttl: 1h}}\n",
        (3, 27),
        "61m is longer than the cap vault.user_token.max_ttl (1h)",
        "1h",
    ),
    "a cap below the usual life": Case(
        rules_vault.a_token_lives_at_most_its_cap,
        LOCAL + "vault: {user_token: {max_ttl: 30m}}\n",
        LOCAL + "vault: {user_token: {max_ttl: 1h}}\n",
        (3, 31),
        "1h is longer than the cap vault.user_token.max_ttl (30m)",
        "30m",
    ),
    "an admin token of nobody": Case(
        rules_vault.an_admin_token_belongs_to_a_token_login,
        CLUSTER + "vault: {admin_token: {ttl: 1h}}\n",
        CLUSTER + "vault: {hub_login: token, admin_token: {ttl: 1h}}\n",
        (4, 9),
        "has no effect: with vault.hub_login jwt",
        "hub_login: token",
    ),
    "a check rarer than the idle time": Case(
        rules.culling_checks_often_enough,
        LOCAL + "culling: {every: 61m, idle_timeout: 1h}\n",
        LOCAL + "culling: {every: 60m, idle_timeout: 1h}\n",
        (3, 18),
        "checked only every 61m, which is longer than culling.idle_timeout (1h)",
        "1h",
    ),
    "a check rarer than the age": Case(
        rules.culling_checks_often_enough,
        LOCAL + "culling: {every: 90s, max_age: 1m}\n",
        LOCAL + "culling: {every: 90s, max_age: 1m, enabled: false}\n",
        (3, 18),
        "longer than culling.max_age (1m)",
        "1m",
    ),
    "an idle limit above the session": Case(
        rules_sessions.sessions_fit_into_each_other,
        KEYCLOAK.replace("MAX", "7d"),
        KEYCLOAK.replace("MAX", "8d"),
        (4, 100),
        "8d is longer than auth.keycloak.session_max (7d)",
        "7d",
    ),
}

REALM = KEYCLOAK.replace("session_idle: 8d, session_max: MAX", "manage: realm, admin_secret: env:A, MORE").replace(
    "}}", "}, session: {refresh: 5m}}"
)
SESSIONS = {
    "a refresh that comes after the session's end": Case(
        rules_sessions.sessions_fit_into_each_other,
        KEYCLOAK.replace("8d, session_max: MAX}", "5m}, session: {refresh: 5m}"),
        KEYCLOAK.replace("8d, session_max: MAX}", "6m}, session: {refresh: 5m}"),
        (4, 124),
        "sessions would end while they are in use",
        "5m",
    ),
    "a grace beyond the session": Case(
        rules_sessions.sessions_fit_into_each_other,
        KEYCLOAK.replace("8d, session_max: MAX}", "1h}, session: {outage_grace: 8d}"),
        KEYCLOAK.replace("8d, session_max: MAX}", "1h}, session: {outage_grace: 7d}"),
        (4, 129),
        "auth.session.outage_grace (8d) is longer than auth.keycloak.session_max (7d)",
        "7d",
    ),
    "a token that hides a removal": Case(
        rules_sessions.removed_users_are_noticed_in_time,
        REALM.replace("MORE", "access_token_lifespan: 6m"),
        REALM.replace("MORE", "access_token_lifespan: 5m"),
        (4, 145),
        "access_token_lifespan (6m) is longer than auth.session.refresh (5m)",
        "5m",
    ),
    "a server that outlives its user's sign-in": Case(
        rules_sessions.servers_end_before_their_sessions,
        KEYCLOAK.replace("8d, session_max: MAX", "1h") + "culling: {max_age: 8d}\n",
        KEYCLOAK.replace("8d, session_max: MAX", "1h") + "culling: {max_age: 7d}\n",
        (5, 20),
        "culling.max_age (8d) is longer than auth.keycloak.session_max (7d)",
        "7d",
    ),
}

STORES = {
    "NFS without a server": Case(
        rules.nfs_names_its_server, NFS.replace("server: nas, ", ""), NFS, (4, 27), "storage.nfs.server", "192.168.10.1"
    ),
    "NFS without a folder": Case(
        rules.nfs_names_its_server, NFS.replace(", path: /a", ""), NFS, (4, 27), "storage.nfs.path", "/volume1/jupyter"
    ),
    "a server beside a claim": Case(
        rules.nfs_names_its_server,
        NFS.replace("path: /a", "claim: homes"),
        NFS.replace("server: nas, path: /a", "claim: homes"),
        (4, 28),
        "has no effect beside storage.nfs.claim",
        "remove one of them",
    ),
    "a preset with another login": Case(
        rules_vault.the_vault_preset_is_whole,
        PRESET.replace("preset", "hub_login: jwt, preset"),
        PRESET.replace("preset", "hub_login: token, preset"),
        (4, 20),
        "the preset buun-stack sets this to token",
        "token, or remove vault.preset",
    ),
    "a preset with another delivery": Case(
        rules_vault.the_vault_preset_is_whole,
        PRESET.replace("preset", "delivery: on_demand, preset"),
        PRESET.replace("preset", "delivery: env, preset"),
        (4, 19),
        "the preset buun-stack sets this to env",
        "env, or remove vault.preset",
    ),
    "a preset with another isolation": Case(
        rules_vault.the_vault_preset_is_whole,
        PRESET.replace("preset", "isolation: templated, preset"),
        PRESET.replace("preset", "isolation: policy_per_user, preset"),
        (4, 20),
        "the preset buun-stack sets this to policy_per_user",
        "policy_per_user, or remove vault.preset",
    ),
    "a token in an address that no assistant needs": Case(
        rules.mcp_is_on_where_something_of_it_is_asked_for,
        CLUSTER + "mcp: {allow_token_in_url: true}\n",
        CLUSTER + "mcp: {allow_token_in_url: true, enabled: true}\n",
        (4, 27),
        "has no effect with mcp.enabled: false",
        "enabled: true, or remove it",
    ),
}

CASES = TOKENS | SESSIONS | STORES
WARNED = {
    f"{name} of a profile": (
        rules.limits_hold_on_a_cluster_only,
        f"profiles: {{base: {{{name}: {value}}}}}\n",
        (3, 19),
        "warning: not enforced on the local target",
    )
    for name, value in (("cpu", "{limit: 1}"), ("memory", "{}"), ("node_selector", "{a: b}"), ("tolerations", "[]"))
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(("rule", "text", "where", "message"), WARNED.values(), ids=WARNED.keys())
def test_what_the_local_target_does_not_enforce_is_warned_of(
    rule: rules.Rule, text: str, where: tuple[int, int], message: str
) -> None:
    warnings = parse(LOCAL + text, "stack.yaml")[1]

    assert [(place(one), one.message) for one in warnings] == [(where, message)]
    assert warnings == said_by(rule, LOCAL + text)
    assert parse(CLUSTER + text, "stack.yaml")[1] == []


def test_nfs_without_its_section_is_said_at_its_kind() -> None:
    found = problems(CLUSTER + "storage: {kind: nfs}\n")

    assert [(one.path, place(one)) for one in found] == [("storage.kind", (4, 17))] * 2


def test_users_who_are_not_kept_apart_are_warned_of() -> None:
    text = "version: 1\ntarget: {kind: local, confinement: off}\n"

    warnings = parse(text, "stack.yaml")[1]

    assert [place(one) for one in warnings] == [(2, 36)]
    assert "every user can read every other user's files" in warnings[0].message
    assert parse(text.replace("off", "auto"), "stack.yaml")[1] == []


def test_every_rule_of_the_tables_has_a_case() -> None:
    exercised = {case.rule for case in (CASES | CLUSTERS | IMAGES | LOGIN | NETWORK | PROFILES | TEXTS).values()}
    warned = {row[0] for row in (WARNED | TEXTS_WARNED | LOGIN_WARNED).values()}
    warned |= {rules.unconfined_servers_are_named}

    assert exercised == set(rules.RULES)
    assert warned == set(rules.WARNINGS)
    assert len(set(rules.RULES) | set(rules.WARNINGS)) == len(rules.RULES) + len(rules.WARNINGS)
