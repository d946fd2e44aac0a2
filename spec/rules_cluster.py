"""Rules of what only a cluster has: the chart, the way in, the ways out. Pure."""

import ipaddress
import re
from collections.abc import Iterator

from spec.document import Document
from spec.egress import KNOWN, WEB, destinations
from spec.model import Stack
from spec.problems import Problem

_OLDEST_CHART, _NEXT_MAJOR = (4, 2, 0), (5, 0, 0)
"""The charts whose values this version writes."""
_FIRST_WITH_ROUTES = (4, 3, 0)
"""templates/httproute.yaml of zero-to-jupyterhub-k8s came with this tag."""


def the_chart_is_known(stack: Stack, document: Document) -> Iterator[Problem]:
    """Another major version has other values."""
    version = chart_version(stack)
    if version is None:
        yield document.problem(("chart", "version"), "is not a version of the chart", "4.4.0")
    elif not _OLDEST_CHART <= version < _NEXT_MAJOR:
        message = "the z2jh charts from 4.2.0 on and below 5 are supported"
        yield document.problem(("chart", "version"), message, "4.4.0")


def a_gateway_is_named(stack: Stack, document: Document) -> Iterator[Problem]:
    """An HTTPRoute hangs on a Gateway, and older charts have none."""
    if stack.ingress.kind == "gateway":
        if stack.ingress.gateway is None:
            message = "a route needs ingress.gateway"
            yield document.problem(("ingress", "kind"), message, "gateway: {name: public, namespace: gateways}")
        version = chart_version(stack)
        if version is not None and version < _FIRST_WITH_ROUTES:
            message = f"chart {stack.chart.version} has no HTTPRoute; 4.3.0 is the first with one"
            yield document.problem(("ingress", "kind"), message, "ingress, or a newer chart.version")
    elif stack.ingress.gateway is not None:
        message = f"has no effect with `kind: {stack.ingress.kind}`"
        yield document.problem(("ingress", "gateway"), message, "kind: gateway")


def destinations_are_complete(stack: Stack, document: Document) -> Iterator[Problem]:
    """A destination is the pods of a namespace or an address range, with ports."""
    for found in destinations(stack):
        declared = stack.egress[found.name]
        if declared.namespace and declared.host:
            message = "a destination is a namespace or a host, not both"
            yield document.problem(("egress", found.name, "host"), message, "remove one of them")
        elif not found.namespace and not found.host and found.name != WEB:
            message = f"is not a well-known service ({', '.join(KNOWN)}), so it needs a namespace or a host"
            yield document.problem(("egress", found.name), message, "namespace: database", at_key=True)
        if not found.ports:
            yield document.problem(("egress", found.name), "needs ports", "ports: [5432]", at_key=True)
        if declared.host and not _is_network(declared.host):
            message = f"{declared.host} is not an address or a range (NetworkPolicies know no names)"
            yield document.problem(("egress", found.name, "host"), message, "10.1.0.0/16")


def chart_version(stack: Stack) -> tuple[int, int, int] | None:
    """(major, minor, patch); None when it is not a version."""
    found = re.fullmatch(r"([0-9]+)\.([0-9]+)\.([0-9]+)([-+].*)?", stack.chart.version)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
