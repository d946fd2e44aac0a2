"""What was installed in a cluster before, and the way back to it."""

from apply import console, generations, plan
from apply.cluster import ClusterTarget
from apply.installation import confirmation, report
from apply.observation import glance
from apply.target import Options, target
from render.artifacts import Artifacts
from spec.errors import StackError


def show(spec: str, as_json: bool) -> None:
    """Print the generations, newest last.

    Raises:
        StackError: the target keeps none.
    """
    cluster = _cluster(spec)
    found = glance(cluster.kube, cluster.stack).generations
    rows = [(str(one.number), *(str(one.summary[key]) for key in ("time", "by", "why"))) for one in found]
    if as_json:
        names = ("number", "time", "by", "why")
        console.result_json(
            [dict(zip(names, (one.number, *row[1:]), strict=True)) for one, row in zip(found, rows, strict=True)]
        )
    elif not rows:
        console.say("nothing was installed yet")
    else:
        console.result(console.table(("NUMBER", "TIME", "BY", "WHY"), rows))


def rollback(spec: str, to: str, yes: bool, as_json: bool, new_homes: bool) -> None:
    """Apply once more what a generation was made from, as a new generation.

    Raises:
        StackError: there is no such generation, or what Raises of `ClusterTarget.bring` says.
    """
    cluster = _cluster(spec)
    seen = glance(cluster.kube, cluster.stack)
    found = {str(one.number): one for one in seen.generations}
    if to not in found:
        hint = f"one of: {', '.join(found)}" if found else "inv install"
        raise StackError(f"there is no generation {to} of stack {cluster.stack.name}", hint)
    made: Artifacts = generations.artifacts(cluster.kube, cluster.namespace, found[to])
    with console.Progress(as_json) as progress:
        confirm = confirmation(progress, yes, as_json, f"inv rollback --to {to} --yes")
        options = Options(new_homes=new_homes)
        done = cluster.bring(made, seen, f"inv rollback --to {to}", options, confirm, progress.tell)
    report(done, as_json)
    if done.plan.changes:
        console.say(
            f"{plan.counted(done.plan.changes)} taken back; the next inv install applies {spec} again: revert it too"
        )


def _cluster(spec: str) -> ClusterTarget:
    found = target(spec, None)
    if not isinstance(found, ClusterTarget):
        raise StackError(
            "only target kubernetes keeps a history; nothing was changed", hint="revert stack.yaml, then inv install"
        )
    return found
