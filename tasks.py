"""The commands of the platform: flags in, one call, result out. `inv --list` shows them."""

from invoke import Collection, task

from apply.console import user_errors

_SPEC = {"spec": "the stack file"}
_STATE = _SPEC | {"state": "state directory of the local target (default: under the XDG state home)"}
_JSON = {"json": "print JSON"}
_ANSWERS = {
    "target": "local or kubernetes", "name": "of the stack", "host": "that users type",
    "login": "native, dummy, keycloak or oidc", "provider": "address of the login provider",
    "admin": "the first administrator", "vault": "yes or no", "vault-address": "of Vault",
    "homes": "dynamic or nfs", "nfs-server": "of the homes", "nfs-path": "exported folder", "gpu": "yes or no",
}  # fmt: skip


@task(help={"out": "the file to write", "force": "replace an existing file"} | _ANSWERS, auto_shortflags=False)
def init(_, out="stack.yaml", force=False, target="", name="", host="", login="", provider="", admin="", vault="",
         vault_address="", homes="", nfs_server="", nfs_path="", gpu=""):  # fmt: skip
    """Write a commented stack.yaml, asking what no flag says."""
    given = locals()
    with user_errors():
        from apply import starter

        starter.write(out, force, given)


@task(help=_SPEC | _JSON)
def validate(_, spec="stack.yaml", json=False):
    """Check the stack file: every problem with its line and a hint."""
    with user_errors():
        from apply import validation

        validation.validate(spec, json)


@task(help=_SPEC | {"out": "the folder to write to"})
def render(_, spec="stack.yaml", out="build"):
    """Write all artifacts of the target as files."""
    with user_errors():
        from apply import installation

        installation.write_artifacts(spec, out)


@task(help=_STATE | _JSON | {"check": "exit with 3 when there is anything to change"})
def plan(_, spec="stack.yaml", state=None, json=False, check=False):
    """Show what install would change."""
    with user_errors():
        from apply import installation

        installation.show_plan(spec, state, json, check)


@task(help=_STATE | _JSON | {"yes": "do not ask"})
def install(_, spec="stack.yaml", state=None, yes=False, json=False):
    """Apply the stack file, prove that it runs, print the URL."""
    with user_errors():
        from apply import installation

        installation.install(spec, state, yes, json)


@task(name="open", help=_STATE)
def open_(_, spec="stack.yaml", state=None):
    """Open the hub in the browser."""
    with user_errors():
        from apply import status as running

        running.open_hub(spec, state)


@task(help=_STATE | _JSON)
def status(_, spec="stack.yaml", state=None, json=False):
    """Show what runs."""
    with user_errors():
        from apply import status as running

        running.show_status(spec, state, json)


@task(help=_STATE | {"part": "hub, proxy, vault, ...", "follow": "go on as it grows", "lines": "how many"})
def logs(_, part, spec="stack.yaml", state=None, follow=False, lines=50):
    """Show the log of one part."""
    with user_errors():
        from apply import status as running

        running.show_log(spec, state, part, follow, lines)


@task(help=_STATE | {"purge": "homes, accounts and secrets too", "yes": "do not ask"})
def uninstall(_, spec="stack.yaml", state=None, purge=False, yes=False):
    """Remove what install made; homes and secrets stay."""
    with user_errors():
        from apply import installation

        installation.uninstall(spec, state, purge, yes)


@task
def schema(_):
    """Write the JSON Schema and the reference from the model."""
    with user_errors():
        from apply import generated

        generated.write()


@task(name="add", help=_STATE | {"admin": "may administer", "generate": "make a password and print it"})
def user_add(_, name, spec="stack.yaml", state=None, admin=False, generate=False):
    """Add a user who signs in with a password."""
    with user_errors():
        from apply import users

        users.add(spec, state, name, admin, generate)


@task(name="list", help=_STATE | _JSON)
def user_list(_, spec="stack.yaml", state=None, json=False):
    """Show who can sign in with a password."""
    with user_errors():
        from apply import users

        users.show(spec, state, json)


@task(name="passwd", help=_STATE | {"generate": "make a password and print it"})
def user_passwd(_, name, spec="stack.yaml", state=None, generate=False):
    """Give a user a new password."""
    with user_errors():
        from apply import users

        users.passwd(spec, state, name, generate)


@task(name="remove", help=_STATE | {"yes": "do not ask"})
def user_remove(_, name, spec="stack.yaml", state=None, yes=False):
    """Remove a user; home and secrets stay."""
    with user_errors():
        from apply import users

        users.remove(spec, state, name, yes)


namespace = Collection(init, validate, render, plan, install, open_, status, logs, uninstall, schema)
namespace.add_collection(Collection("user", user_add, user_list, user_passwd, user_remove))
