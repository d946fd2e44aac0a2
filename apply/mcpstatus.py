"""`inv mcp.status`: whether a user's notebook server is a tool of assistants, and of that user's alone."""

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

from apply import console
from apply.mcpchecks import FAILED, NAMES, OK, SKIPPED, UNSAFE, Check, Seen, checks
from apply.mcpclients import server_endpoint
from apply.spawned import SERVERS, owner
from apply.target import Target, target
from spec.errors import StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_ON = "mcp: {enabled: true} in the stack file, then inv install; servers that run get it with their next start"


def enabled_target(spec: str, state: str | None) -> "Target":
    """The target of a stack whose servers are tools.

    Raises:
        StackError: they are not.
    """
    found = target(spec, state)
    if not found.stack.mcp.enabled:
        raise StackError(f"servers of stack {found.stack.name} are no tools of assistants (mcp.enabled: false)", _ON)
    return found


def status(spec: str, state: str | None, user: str, as_json: bool) -> None:
    """Check one user's endpoint and print each check.

    Raises:
        TargetUnreachable: something does not run or answer, and nothing else is wrong.
        StackError: a check failed.
    """
    found = enabled_target(spec, state)
    rows, tools = _checked(found, user, as_json)
    rows += [Check(name, SKIPPED, "not looked at") for name in NAMES if name not in {row.name for row in rows}]
    rows.sort(key=lambda row: NAMES.index(row.name))
    url = server_endpoint(found.url(), user).url
    fine = all(row.state in (OK, SKIPPED) for row in rows)
    if as_json:
        shown = [{name: value for name, value in asdict(row).items() if name != "absent"} for row in rows]
        console.result_json({"user": user, "url": url, "ok": fine, "tools": tools, "checks": shown})
    else:
        console.result(console.table(("CHECK", "STATE", "WHAT"), [(row.name, row.state, row.words) for row in rows]))
    if not fine:
        raise _failure(rows)


def _checked(found: "Target", user: str, quiet: bool) -> tuple[list[Check], list[str] | None]:
    """The rows as far as one leads to the next, and the tools if they were listed."""
    with console.Progress(quiet) as progress, ExitStack() as stack:
        try:
            hub = stack.enter_context(found.hub())
            reach = stack.enter_context(found.reach())
        except StackError as error:
            return [Check("hub", FAILED, error.message, error.hint, absent=True)], None
        endpoint = server_endpoint(found.url(), user)
        seen = Seen(hub, reach, user, endpoint, lambda: _why_missing(found, user))
        return list(checks(seen, progress.tell)), seen.tools


def _why_missing(found: "Target", user: str) -> tuple[str, str]:
    """(what a server without the extension lacks, what repairs it)."""
    if found.stack.target.kind == "local":
        again = f"inv install, then {user} stops the server and starts it again"
        return "it was started before mcp.enabled was installed, or in an environment without it", again
    image = _image(found, user)  # type: ignore[arg-type]
    hint = f"a profile with an image of this stack (inv images.build), or inv images.extend {image} --with mcp"
    return f"jupyter-mcp-server is not in its image {image}, or is switched off there", hint


def _image(found: "ClusterTarget", user: str) -> str:
    pods = found.kube.items(f"/api/v1/namespaces/{found.namespace}/pods", SERVERS)
    images = [pod["spec"]["containers"][0]["image"] for pod in pods if owner(pod) == user]
    return str(images[0]) if images else "IMAGE"


def _failure(rows: list[Check]) -> StackError:
    """The loudest of what failed decides; whether it is only that something does not run decides the exit code."""
    if unsafe := [row for row in rows if row.state == UNSAFE]:
        words = "\n".join(f"  {row.name}: {row.words}" for row in unsafe)
        return StackError(f"UNSAFE: this endpoint lets in whom it must not\n{words}", unsafe[0].hint)
    failed = [row for row in rows if row.state == FAILED]
    kind = TargetUnreachable if all(row.absent for row in failed) else StackError
    first = next((row for row in failed if not row.absent), failed[0])
    return kind(f"{first.name}: {first.words}", first.hint)
