"""The commands of the platform: flags in, one call, result out. `inv --list` shows them."""

from invoke import Collection, task

from apply.commands import auth, images, mcp, offline, server, token, upkeep, user, vault
from apply.commands.flags import HOMES, JSON, SPEC, STATE
from apply.console import user_errors

_INSTALL = {
    "repair": "compare every object of the cluster", "prove": "spawn: start a server as a proof",
    "bundle": "a file of inv bundle, instead of the network", "trust": "file of the key that signed it",
}  # fmt: skip
_ANSWERS = {
    "target": "local or kubernetes", "name": "of the stack", "host": "that users type",
    "login": "native, dummy, keycloak or oidc", "provider": "address of the login provider",
    "admin": "the first administrator", "vault": "yes or no", "vault-address": "of Vault",
    "homes": "dynamic or nfs", "nfs-server": "of the homes", "nfs-path": "exported folder", "gpu": "yes or no",
}  # fmt: skip


@task(help={"out": "the file to write", "force": "replace an existing file"} | _ANSWERS, auto_shortflags=False)
def init(_, out="stack.yaml", force=False, target="", name="", host="", login="", provider="", admin="", vault="",
         vault_address="", homes="", nfs_server="", nfs_path="", gpu=""):  # fmt: skip
    """Write a commented stack.yaml; asks what no flag says."""
    given = locals()
    with user_errors():
        from apply import starter

        starter.write(out, force, given)


@task(help=SPEC | JSON)
def validate(_, spec="stack.yaml", json=False):
    """Check the stack file: problems with lines and hints."""
    with user_errors():
        from apply import validation

        validation.validate(spec, json)


@task(help=SPEC | {"out": "the folder to write to"})
def render(_, spec="stack.yaml", out="build"):
    """Write all artifacts of the target as files."""
    with user_errors():
        from apply import installation

        installation.write_artifacts(spec, out)


@task(
    help=STATE
    | JSON
    | HOMES
    | {"check": "exit with 3 when there is anything to change", "markdown": "for a merge request"}
)
def plan(_, spec="stack.yaml", state=None, json=False, markdown=False, check=False, new_homes=False):
    """Show what install would change."""
    with user_errors():
        from apply import installation

        form = "json" if json else "markdown" if markdown else "text"
        installation.show_plan(spec, state, installation.Options(new_homes=new_homes), form, check)


@task(help=STATE | JSON | HOMES | _INSTALL | {"yes": "do not ask"})
def install(_, spec="stack.yaml", state=None, yes=False, json=False, repair=False, prove="", new_homes=False, bundle="",
            trust=""):  # fmt: skip
    """Apply the stack file, prove it runs, print the URL."""
    with user_errors():
        from apply import installation

        installation.install(spec, state, installation.Options(repair, prove, new_homes), yes, json, bundle, trust)


@task(help=SPEC | JSON)
def history(_, spec="stack.yaml", json=False):
    """Show what was installed when, by whom (kubernetes)."""
    with user_errors():
        from apply import past

        past.show(spec, json)


@task(help=SPEC | JSON | HOMES | {"to": "number of a generation, see history", "yes": "do not ask"})
def rollback(_, to, spec="stack.yaml", yes=False, json=False, new_homes=False):
    """Bring back what an earlier install made (kubernetes)."""
    with user_errors():
        from apply import past

        past.rollback(spec, to, yes, json, new_homes)


@task(name="open", help=STATE)
def open_(_, spec="stack.yaml", state=None):
    """Open the hub in the browser."""
    with user_errors():
        from apply import status as running

        running.open_hub(spec, state)


@task(help=STATE | JSON)
def status(_, spec="stack.yaml", state=None, json=False):
    """Show what runs."""
    with user_errors():
        from apply import status as running

        running.show_status(spec, state, json)


@task(help=STATE | {"part": "hub, proxy, vault, audit, ...", "follow": "go on as it grows", "lines": "how many"})
def logs(_, part, spec="stack.yaml", state=None, follow=False, lines=50):
    """Show the log of one part."""
    with user_errors():
        from apply import status as running

        running.show_log(spec, state, part, follow, lines)


@task(help=STATE | {"purge": "homes, accounts and secrets too", "yes": "do not ask"})
def uninstall(_, spec="stack.yaml", state=None, purge=False, yes=False):
    """Remove what install made; homes and secrets stay."""
    with user_errors():
        from apply import installation

        installation.uninstall(spec, state, purge, yes)


@task
def schema(_):
    """Write JSON Schema and references from the model."""
    with user_errors():
        from apply import generated

        generated.write(namespace)


namespace = Collection(init, validate, render, plan, install, history, rollback, open_, status, logs, uninstall, schema)
for single in (*offline.TASKS, *upkeep.TASKS):
    namespace.add_task(single)
for group in (auth, images, mcp, server, token, user, vault):
    namespace.add_collection(group.COMMANDS)
