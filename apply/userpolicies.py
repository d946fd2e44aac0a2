"""Policies of single users in Vault (`isolation: policy_per_user`): the deployer writes them, never the hub."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from apply import vaultobjects
from apply.plan import Change
from render.vault import VaultLayout, user_policy

if TYPE_CHECKING:
    from apply.vault import Vault


def missing(vault: "Vault", layout: VaultLayout, users: Iterable[str]) -> list[vaultobjects.VaultObject]:
    """The policies of these users that are not there, or not as they should be.

    Raises:
        StackError: Vault refuses.
    """
    wanted = dict(user_policy(layout, user) for user in sorted(users))
    return vaultobjects.differing([vaultobjects.policy(name, text, vault.read) for name, text in wanted.items()])


def ensure(vault: "Vault", layout: VaultLayout, users: Iterable[str]) -> list[Change]:
    """Write them; what was written. The policy of a user who is gone stays, for her secrets do too.

    Raises:
        StackError: Vault refuses.
    """
    found = missing(vault, layout, users)
    for one in found:
        vault.write(one.path, one.body)
    return vaultobjects.changes(found)
