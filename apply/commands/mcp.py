"""`inv mcp.*`: notebook servers as tools of assistants."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, STATE, USER
from apply.console import user_errors

_SETUP = {
    "client": "write its file: claude, vscode, cursor, codex; generic prints it",
    "hub": "the hub's own endpoint instead of the server's",
    "with_token": "make a token and print it",
    "expires": "life of that token",
}


@task(name="setup", help=STATE | USER | JSON | _SETUP)
def setup(_, user, spec="stack.yaml", state=None, client="", hub=False, with_token=False, expires="30d", json=False):
    """Show or write what an AI client needs."""
    with user_errors():
        from apply import mcpsetup

        wanted = mcpsetup.Wanted(client, hub, with_token, expires)
        mcpsetup.setup(spec, state, user, wanted, json)


@task(name="status", help=STATE | USER | JSON)
def status(_, user, spec="stack.yaml", state=None, json=False):
    """Check a user's MCP: it works, and for nobody else."""
    with user_errors():
        from apply import mcpstatus

        mcpstatus.status(spec, state, user, json)


COMMANDS = Collection("mcp", setup, status)
