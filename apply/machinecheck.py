"""What is wrong with a stack on this machine, judged by what was seen of it. Pure.

A rule is a function over what was seen and a row in `RULES`; the words of its code are in `apply.machinecodes`.
"""

from collections.abc import Iterator

from apply import vaultcheck
from apply.certificatecheck import hits as of_certificate
from apply.diagnosis import Hit, Rule, judged
from apply.findings import Finding, Report
from apply.machinecodes import WORDS
from apply.machineseen import MachineSeen

_SHOWN = 6
"""Names in one line of evidence."""


def reports(seen: MachineSeen) -> list[Report]:
    """Each part with its findings."""
    return [Report(part, judge(part, seen), seen.unseen if part == "parts" else ()) for part in RULES]


def judge(part: str, seen: MachineSeen) -> list[Finding]:
    """The findings of one part."""
    return judged(seen, RULES[part], WORDS, cluster=False)


def _supervisor(seen: MachineSeen) -> Iterator[Hit]:
    if seen.supervisor == "gone":
        yield Hit("PROC104", "nobody holds run/supervisor.lock")
    elif seen.supervisor == "stopped":
        yield Hit("PROC103", "the system says that it is stopped")
    elif not seen.status_readable:
        yield Hit("PROC105", "run/status.json is no JSON with parts")


def _processes(seen: MachineSeen) -> Iterator[Hit]:
    if seen.supervisor != "lives" or not seen.status_readable:
        return
    for one in seen.processes:
        named = {"name": one.name}
        if one.port_taken:
            yield Hit("PORT101", one.port_taken, named)
        elif one.stopped:
            yield Hit("PROC102", f"{one.name}: the system says that it is stopped", named)
        elif one.state != "ready":
            told = f", last end: {one.last_exit}" if one.last_exit else ""
            yield Hit("PROC101", f"{one.name}: {one.state}, started again {one.restarts} times{told}", named)
        elif one.fault:
            yield Hit("PROC102", f"{one.name}: {one.fault}", named)


def _files(seen: MachineSeen) -> Iterator[Hit]:
    if not seen.facts_readable:
        yield Hit("FILE103", "conf/facts.json has no ports in it")
    if seen.changed_files:
        yield Hit("FILE102", _listed(seen.changed_files))
    if seen.missing_folders:
        yield Hit("FILE104", _listed(seen.missing_folders))
    if seen.database_fault:
        yield Hit("FILE105", f"hub/jupyterhub.sqlite: {seen.database_fault}")
    if seen.open_files:
        yield Hit("FILE101", _listed(seen.open_files))
    if seen.missing_secrets:
        yield Hit("SECR101", f"not in secrets/, or empty: {_listed(seen.missing_secrets)}")


def _machine(seen: MachineSeen) -> Iterator[Hit]:
    if seen.free_bytes < seen.least_free_bytes:
        free, least = (f"{count / 2**30:.1f} GiB" for count in (seen.free_bytes, seen.least_free_bytes))
        yield Hit("DISK101", f"{free} are free, the bound is {least}")
    if seen.worker:
        yield Hit("LOCK101", seen.worker)
    if seen.landlock_lacks:
        yield Hit("MACH101", "the kernel tells no version of Landlock")


def _certificates(seen: MachineSeen) -> Iterator[Hit]:
    for one in seen.certificates:
        yield from of_certificate(one, f"tls/{one.name}.pem")


def _environments(seen: MachineSeen) -> Iterator[Hit]:
    for one in seen.environments:
        named = {"identity": one.identity}
        if one.fault:
            yield Hit("ENV101", f"profiles/{one.identity}: {one.fault}", named)
        elif one.lacks_mcp:
            yield Hit("MCP101", f"profiles/{one.identity} has no package jupyter_mcp_server", named)


def _hub(seen: MachineSeen) -> Iterator[Hit]:
    if seen.token_refused:
        yield Hit("HUB102", "the hub does not know the token in secrets/admin-service-token")
    elif seen.hub_fault:
        yield Hit("HUB101", seen.hub_fault)


def _way_in(seen: MachineSeen) -> Iterator[Hit]:
    if seen.page_fault:
        yield Hit("WAY101", seen.page_fault)


def _secrets(seen: MachineSeen) -> Iterator[Hit]:
    yield from vaultcheck.hits(seen.vault)


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


RULES: dict[str, tuple[Rule[MachineSeen], ...]] = {
    "machine": (_machine, _files, _certificates),
    "parts": (_supervisor, _processes),
    "hub": (_hub, _way_in),
    "profiles": (_environments,),
    "secrets": (_secrets,),
}
"""Part -> its rules."""
