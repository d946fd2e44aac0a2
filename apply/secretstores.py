"""`inv vault.*`: what the stack needs of Vault, by itself."""

from apply import clustervault, console, plan, vaultlogin
from apply.cluster import ClusterTarget
from apply.target import target
from render.hubfiles import layout
from render.vault import deployer_policy
from spec.errors import PlanNotEmpty, StackError


def apply(spec: str, state: str | None, check: bool, as_json: bool) -> None:
    """Write what differs in Vault, and print it.

    Raises:
        PlanNotEmpty: with `check`, when something differs; nothing is written then.
        StackError: no credential, or Vault refuses.
    """
    stack = cluster_with_vault(spec, state)
    found = vaultlogin.credential() or vaultlogin.asked()
    declared = stack.vault_objects()
    with console.Progress(as_json) as progress:
        if check:
            changes, _ = clustervault.examine(stack, declared, found)
        else:
            changes = clustervault.write(stack, declared, found, progress.tell)
        changes += clustervault.user_policies(stack, found, write=not check, tell=progress.tell)
    if as_json:
        console.result_json({"changes": plan.document(changes)})
    elif changes:
        console.result(plan.text(changes))
    else:
        console.say("nothing changed: Vault is as declared")
    if check and changes:
        raise PlanNotEmpty(plan.waiting(changes, " in Vault"))


def show_policy(spec: str, state: str | None) -> None:
    """Print the smallest policy with which the deployer's work can be done."""
    console.result(deployer_policy(layout(cluster_with_vault(spec, state).stack), cluster=True).rstrip("\n"))


def cluster_with_vault(spec: str, state: str | None) -> ClusterTarget:
    """The stack, whose Vault is somebody's own.

    Raises:
        StackError: it is on one machine, or has no Vault.
    """
    found = target(spec, state)
    if not isinstance(found, ClusterTarget):
        message = "on one machine inv install keeps Vault, which nobody else can enter; nothing was changed"
        raise StackError(message, hint="inv install")
    if not found.stack.vault.enabled:
        raise StackError("the stack has no Vault (vault.enabled); nothing was changed", hint="vault: {enabled: true}")
    return found
