"""What a stack asks of Vault: names of its own, and a role that is written whole."""

from render.vault import VaultLayout, deployer_policy, login_role, policies, token_role


def test_two_stacks_on_one_server_share_no_name_but_the_mount() -> None:
    one, two = VaultLayout("one"), VaultLayout("two")

    assert not set(policies(one)) & set(policies(two))
    assert (one.token_role, one.hub_mount) != (two.token_role, two.hub_mount)
    assert token_role(one, "12h")["allowed_entity_aliases"] == ["one.*"]


def test_a_policy_speaks_of_the_callers_alias_on_the_given_mount() -> None:
    text = policies(VaultLayout("jh", "kv", "notebooks"), "acc-1")["jh-notebook-user"]

    assert 'path "kv/data/notebooks/users/{{identity.entity.aliases.acc-1.name}}/*"' in text
    assert 'path "kv/data/notebooks/shared/*"' in text


def test_the_token_role_names_every_field_because_a_write_is_a_merge() -> None:
    assert set(token_role(VaultLayout("jh"), "12h")) == {
        *("allowed_policies", "disallowed_policies", "allowed_policies_glob", "disallowed_policies_glob"),
        *("allowed_entity_aliases", "orphan", "renewable", "path_suffix", "token_type", "token_bound_cidrs"),
        *("token_explicit_max_ttl", "token_no_default_policy", "token_num_uses", "token_period"),
    }


def test_a_login_is_for_one_subject_and_expires_when_it_says() -> None:
    role = login_role("hub", "jh-hub")

    assert role["bound_subject"] == "hub"
    assert role["expiration_leeway"] == "1s"
    assert role["token_policies"] == ["jh-hub"]


def test_the_deployers_policy_names_no_secret_and_not_itself() -> None:
    text = deployer_policy(VaultLayout("jh"))

    assert "secret/" not in text
    assert "jh-deployer" not in text
    assert "auth/token/create" not in text.replace("revoke-prefix/auth/token/create", "")
