"""What is wrong with a stack in a cluster, judged by what was seen of it. Pure.

A rule is a function over what was seen and its place in `RULES`; the words of its code are in `apply.clustercodes`.
"""

from collections.abc import Iterator

from apply import vaultcheck
from apply.certificatecheck import hits as of_certificate
from apply.clusterseen import ClusterSeen, PodFault
from apply.codes import WORDS
from apply.diagnosis import Hit, Rule, judged
from apply.findings import Finding, Report
from render.profiles import GPU

_NEEDS = {
    "storage_class": "STOR103",
    "default_storage_class": "STOR103",
    "claim": "STOR103",
    "resource": "GPU101",
    "runtime_class": "GPU102",
    "ingress_class": "WAY103",
    "secret_store": "ESO103",
    "secret": "SECR202",
}
"""Kind of what is missing -> the finding; any other is NEED101."""
_KINDS = {
    "image": "POD101",
    "crash": "POD102",
    "probe": "POD103",
    "config": "POD104",
    "unschedulable": "POD105",
    "quota": "POD106",
    "admission": "POD107",
    "terminating": "POD108",
    "claim": "STOR101",
    "volume": "STOR102",
    "runtime": "GPU104",
}
"""Kind of a pod's cause (`apply.causes`) -> the finding."""
_CULLER, _VAULT = "jupyterhub-idle-culler", "the hub cannot log in to Vault"
"""What is in the hub's own words (`hub.cluster.health`)."""


def reports(seen: ClusterSeen) -> list[Report]:
    """Each part with its findings."""
    return [Report(part, judge(part, seen), seen.unseen if part == "cluster" else ()) for part in RULES]


def judge(part: str, seen: ClusterSeen) -> list[Finding]:
    """The findings of one part."""
    return judged(seen, RULES[part], WORDS, cluster=True)


def _cluster(seen: ClusterSeen) -> Iterator[Hit]:
    if seen.failure:
        yield Hit("KUBE101", seen.failure)
    for node, why in seen.nodes:
        yield Hit("NODE101", f"{node}: {why}")
    if seen.labels:
        yield Hit("NS101", "; ".join(seen.labels))
    for quota in seen.quotas:
        yield Hit("QUOTA101", quota)


def _needs(seen: ClusterSeen) -> Iterator[Hit]:
    for kind, message, hint in seen.needs:
        yield Hit(_NEEDS.get(kind, "NEED101"), message, {"message": message, "hint": hint})


def _releases(seen: ClusterSeen) -> Iterator[Hit]:
    for name, state in seen.releases:
        if state == "not installed":
            yield Hit("HELM102", f"Helm has no record of {name}", {"name": name})
        elif state != "deployed":
            yield Hit("HELM101", f"Helm's last record of {name} says {state}", {"name": name, "state": state})
    for change in seen.drift:
        code = "RES101" if change.action == "create" else "RES102"
        yield Hit(code, "; ".join((change.what, *change.details)), {"name": change.what})


def _secrets_of_cluster(seen: ClusterSeen) -> Iterator[Hit]:
    for name in seen.missing_secrets:
        yield Hit("SECR201", f"there is no Secret {name} in the namespace", {"name": name})


def _pods(seen: ClusterSeen) -> Iterator[Hit]:
    for name in seen.scaled_down:
        yield Hit("PROC202", f"{name}: replicas is 0", {"name": name})
    told = False
    for one in seen.faults:
        told = told or not one.owner
        yield from _of_pod(one)
    for name in () if told else seen.unready:
        yield Hit("PROC201", name, {"name": name})


def _of_pod(one: PodFault) -> Iterator[Hit]:
    cause = one.cause
    whose = f"the server of {one.owner}" if one.owner else cause.pod
    code = "GPU103" if cause.kind == "unschedulable" and GPU in cause.message else _KINDS[cause.kind]
    if code != "STOR101":  # the claim itself is told
        yield Hit(code, f"{cause.pod}: {cause.message}", {"pod": whose})


def _storage(seen: ClusterSeen) -> Iterator[Hit]:
    for name, phase in seen.claims:
        yield Hit("STOR101", f"claim {name} is {phase}", {"name": name})


def _hub(seen: ClusterSeen) -> Iterator[Hit]:
    if seen.token_refused:
        yield Hit("HUB102", "the hub does not know the token in the Secret of its admin service")
    elif seen.hub_fault:
        yield Hit("HUB101", seen.hub_fault)
    for problem in seen.problems:
        code = "HUB104" if _CULLER in problem else "HUB105" if problem.startswith(_VAULT) else "HUB103"
        yield Hit(code, problem)


def _way_in(seen: ClusterSeen) -> Iterator[Hit]:
    if seen.page_fault:
        yield Hit("WAY101", seen.page_fault)
    if seen.public_fault:
        yield Hit("WAY102", seen.public_fault)
    if seen.certificate is not None:
        yield from of_certificate(seen.certificate, f"Secret {seen.certificate.name}")


def _vault(seen: ClusterSeen) -> Iterator[Hit]:
    yield from vaultcheck.hits(seen.vault)


def _externals(seen: ClusterSeen) -> Iterator[Hit]:
    for one in seen.externals:
        if one.ready is None:
            yield Hit("ESO102", f"ExternalSecret {one.name} has no status", {"name": one.name})
        elif not one.ready:
            yield Hit("ESO101", f"ExternalSecret {one.name}: {one.message}", {"name": one.name})


RULES: dict[str, tuple[Rule[ClusterSeen], ...]] = {
    "cluster": (_cluster, _needs),
    "releases": (_releases, _secrets_of_cluster),
    "pods": (_pods, _storage),
    "hub": (_hub, _way_in),
    "secrets": (_vault, _externals),
}
"""Part -> its rules."""
