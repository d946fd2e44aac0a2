"""What is wrong with a stack's Vault, judged by what was seen of it. Pure."""

from collections.abc import Iterator

from apply.diagnosis import Hit, Words
from apply.vaultseen import GOOD, VaultSeen

_SERVERS = "no server gets secrets meanwhile"

WORDS = {
    "VAULT101": Words(
        "error",
        "Vault does not answer",
        f"it does not run, hangs, or cannot be reached from here; {_SERVERS}",
        "inv status and inv logs vault; inv install starts what is missing",
        "correct vault.address, or have whoever runs Vault look at it",
        explains=("VAULT106", "VAULT107", "HUB105"),
    ),
    "VAULT102": Words(
        "error",
        "Vault is sealed or has no data",
        "it was started without the key that its data was made with",
        "put secrets/seal.key back from a backup, then inv install",
        "unseal it: bao operator unseal",
        explains=("VAULT106", "VAULT107", "PROC101", "PROC102", "HUB105"),
    ),
    "VAULT103": Words(
        "error",
        "something that the stack needs in Vault is gone",
        "somebody removed it, or Vault came back from an older backup",
        "inv doctor --fix writes it again",
        "inv vault.apply",
        explains=("HUB105",),
    ),
    "VAULT104": Words(
        "error",
        "something in Vault is not as declared",
        "somebody has changed it by hand; a token role without `orphan` or a hub's policy without its paths gives "
        "messages such as `child policies must be subset of parent` and `permission denied`",
        "inv doctor --fix writes it again",
        "inv vault.apply",
        explains=("HUB105",),
    ),
    "VAULT106": Words(
        "error",
        "Vault refuses the hub's login",
        "the key or account with which the hub proves itself is another one than Vault knows",
        "put secrets/hub-login.key back from a backup; Vault's first start has fixed its public half",
        "inv vault.apply writes the login with the cluster's present keys",
    ),
    "VAULT107": Words(
        "error",
        "Vault refuses the installer",
        "its key, token or policy is another one than Vault knows",
        "put secrets/deployer-login.key back from a backup; Vault's first start has fixed its public half",
        "a new credential (VAULT_TOKEN_FILE); inv vault.apply --show-policy prints what it needs",
    ),
    "VAULT108": Words(
        "error",
        "the hub's token in Vault is no good",
        "it was revoked, has ended, or was made in another way",
        "inv install",
        "inv vault.apply makes another one and brings it to the hub",
        explains=("HUB105",),
    ),
    "VAULT109": Words(
        "error",
        "the certificate of Vault is not trusted",
        "its authority is a private one, or the certificate is for another name or has ended",
        "inv install makes another one",
        "name the authority with `ca:` in the stack file",
        explains=("VAULT106", "VAULT107", "HUB105"),
    ),
}


def hits(seen: VaultSeen | None) -> Iterator[Hit]:
    """All that is wrong."""
    if seen is None:
        return
    if seen.fault:
        yield Hit("VAULT109" if seen.untrusted else "VAULT101", seen.fault)
        return
    if seen.status not in GOOD:
        yield Hit("VAULT102", f"its health is answered with {seen.status}")
        return
    if seen.missing:
        yield Hit("VAULT103", f"not there: {', '.join(seen.missing)}")
    if seen.differing:
        yield Hit("VAULT104", f"not as declared: {', '.join(seen.differing)}")
    for code, fault in (
        ("VAULT106", seen.hub_fault),
        ("VAULT107", seen.installer_fault),
        ("VAULT108", seen.token_fault),
    ):
        if fault:
            yield Hit(code, fault)
