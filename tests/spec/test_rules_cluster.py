"""Rules of what only a cluster has: the chart, the way in, the ways out."""

import pytest

from spec import rules
from spec.egress import destinations
from spec.load import parse
from tests.spec.stacks import CLUSTER, Case

ROUTE = CLUSTER + "ingress: {kind: gateway, gateway: {name: public}}\n"
CASES = {
    "a chart of another major version": Case(
        rules.the_chart_is_known,
        CLUSTER + "chart: {version: 5.0.0}\n",
        CLUSTER + "chart: {version: 4.99.0}\n",
        (4, 18),
        "from 4.2.0 on and below 5",
        "4.4.0",
    ),
    "a chart that is too old": Case(
        rules.the_chart_is_known,
        CLUSTER + "chart: {version: 4.1.0}\n",
        CLUSTER + "chart: {version: 4.2.0}\n",
        (4, 18),
        "from 4.2.0 on and below 5",
        "4.4.0",
    ),
    "a chart's version that is none": Case(
        rules.the_chart_is_known,
        CLUSTER + "chart: {version: latest}\n",
        CLUSTER + "chart: {version: 4.4.1-0.dev.git.1+h0}\n",
        (4, 18),
        "is not a version of the chart",
        "4.4.0",
    ),
    "a route without a gateway": Case(
        rules.a_gateway_is_named,
        CLUSTER + "ingress: {kind: gateway}\n",
        ROUTE,
        (4, 17),
        "a route needs ingress.gateway",
        "gateway: {name: public, namespace: gateways}",
    ),
    "a route of a chart that has none": Case(
        rules.a_gateway_is_named,
        ROUTE + "chart: {version: 4.2.0}\n",
        ROUTE + "chart: {version: 4.3.0}\n",
        (4, 17),
        "chart 4.2.0 has no HTTPRoute",
        "ingress, or a newer chart.version",
    ),
    "a gateway for nothing": Case(
        rules.a_gateway_is_named,
        CLUSTER + "ingress: {gateway: {name: public}}\n",
        ROUTE,
        (4, 20),
        "has no effect with `kind: ingress`",
        "kind: gateway",
    ),
    "a service that nobody knows": Case(
        rules.destinations_are_complete,
        CLUSTER + "egress: {ledger: {ports: [1]}}\n",
        CLUSTER + "egress: {ledger: {namespace: books, ports: [1]}, qdrant: {}, web: {}}\n",
        (4, 10),
        "is not a well-known service (airflow,",
        "namespace: database",
    ),
    "a destination without ports": Case(
        rules.destinations_are_complete,
        CLUSTER + "egress: {ledger: {namespace: books}}\n",
        CLUSTER + "egress: {ledger: {namespace: books, ports: [65535]}}\n",
        (4, 10),
        "needs ports",
        "ports: [5432]",
    ),
    "a destination at two places": Case(
        rules.destinations_are_complete,
        CLUSTER + "egress: {ledger: {namespace: books, host: 10.1.1.1, ports: [1]}}\n",
        CLUSTER + "egress: {ledger: {host: 10.1.1.1, ports: [1]}}\n",
        (4, 43),
        "a namespace or a host, not both",
        "remove one of them",
    ),
    "a destination by name": Case(
        rules.destinations_are_complete,
        CLUSTER + "egress: {ledger: {host: db.lab.internal, ports: [1]}}\n",
        CLUSTER + "egress: {ledger: {host: 10.1.0.0/16, ports: [1]}}\n",
        (4, 25),
        "db.lab.internal is not an address or a range",
        "10.1.0.0/16",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


def test_a_well_known_service_brings_its_namespace_and_ports_unless_the_file_says_others() -> None:
    text = "egress: {qdrant: {}, postgres: {namespace: db}, vault: {host: 10.0.0.7}, clickhouse: {ports: [9440]}}\n"

    found = {one.name: (one.namespace, one.host, one.ports) for one in destinations(parse(CLUSTER + text, "f")[0])}

    assert found == {
        "clickhouse": ("clickhouse", None, (9440,)),
        "postgres": ("db", None, (5432,)),
        "qdrant": ("qdrant", None, (6333, 6334, 6335)),
        "vault": (None, "10.0.0.7", (8200,)),
    }
