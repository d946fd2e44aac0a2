"""Rules between the fields of a stack: one table, a function each. Pure."""

import ipaddress
import re
from collections.abc import Callable, Iterator

from spec.document import Document, Path
from spec.hosts import is_loopback
from spec.model import Stack
from spec.problems import Problem
from spec.quantities import seconds
from spec.rules_cluster import a_gateway_is_named, destinations_are_complete, the_chart_is_known
from spec.rules_images import (
    build_arguments_are_no_secrets,
    image_packages_are_names,
    images_have_names_of_their_own,
    registries_are_places,
    servers_that_are_tools_are_built_as_such,
    spark_from_a_mirror_is_checked,
)
from spec.rules_login import (
    an_embedded_keycloak_is_whole,
    dummy_stays_on_loopback,
    groups_have_a_provider,
    login_is_complete,
    one_way_in,
    somebody_may_come_in,
    the_internal_way_is_private,
    the_username_pattern_is_one,
    what_install_manages_it_can_reach,
)
from spec.rules_profiles import (
    amounts_fit,
    gpu_profiles_need_gpus,
    images_are_pinned,
    one_default_profile,
    own_profiles_are_complete,
    packages_are_requirements,
)
from spec.rules_sessions import (
    refreshes_are_frequent,
    removed_users_are_noticed_in_time,
    servers_end_before_their_sessions,
    sessions_fit_into_each_other,
)
from spec.rules_texts import example_hosts_are_replaced, nothing_is_left_unfilled, texts_are_one_line
from spec.rules_vault import (
    a_token_lives_at_most_its_cap,
    an_admin_token_belongs_to_a_token_login,
    servers_end_before_their_tokens,
    the_vault_preset_is_whole,
)

Rule = Callable[[Stack, Document], Iterator[Problem]]


def findings(stack: Stack, document: Document) -> tuple[list[Problem], list[Problem]]:
    """(errors, warnings) of every rule."""
    errors = [problem for rule in RULES for problem in rule(stack, document)]
    return errors, [problem for rule in WARNINGS for problem in rule(stack, document)]


def culling_checks_often_enough(stack: Stack, document: Document) -> Iterator[Problem]:
    """A check that is rarer than the times it checks makes them meaningless."""
    culling = stack.culling
    for name in ("idle_timeout", "max_age"):
        value = getattr(culling, name)
        if culling.enabled and seconds(culling.every) > seconds(value):
            message = f"checked only every {culling.every}, which is longer than culling.{name} ({value})"
            yield document.problem(("culling", "every"), message, value)
            return


def nfs_names_its_server(stack: Stack, document: Document) -> Iterator[Problem]:
    """A server and a folder are what NFS needs, or a claim that has both."""
    nfs = stack.storage.nfs
    if nfs.claim:
        for name in ("server", "path", "mount_options"):
            if getattr(nfs, name):
                message = "has no effect beside storage.nfs.claim"
                yield document.problem(("storage", "nfs", name), message, "remove one of them", at_key=True)
    elif stack.storage.kind == "nfs":
        for name, example in (("server", "192.168.10.1"), ("path", "/volume1/jupyter")):
            if getattr(nfs, name) is None:
                place: Path = ("storage", "nfs") if document.has(("storage", "nfs")) else ("storage", "kind")
                yield document.problem(place, f"NFS homes need storage.nfs.{name}", f"{name}: {example}")


def a_server_on_the_network_uses_tls(stack: Stack, document: Document) -> Iterator[Problem]:
    """Passwords and tokens in the clear stay on this machine."""
    if stack.target.kind == "local" and stack.hub.tls == "off" and not is_loopback(stack.hub.address):
        message = (
            f"{stack.hub.address} can be reached from the network, and without TLS passwords cross it in the clear"
        )
        yield document.problem(("hub", "address"), message, "tls: self-signed, or address: 127.0.0.1")


def tls_files_are_named(stack: Stack, document: Document) -> Iterator[Problem]:
    """A certificate and a key go together, and only with `tls: files`; a cluster's certificate is a Secret."""
    if stack.target.kind != "local":
        return
    for name in ("certificate", "key"):
        given = getattr(stack.hub, name) is not None
        if stack.hub.tls == "files" and not given:
            path = document.nearest(("hub", name), ("hub", "tls"))
            yield document.problem(path, f"`tls: files` needs hub.{name}", f"{name}: /path/to/{name}.pem")
        elif stack.hub.tls != "files" and given:
            yield document.problem(("hub", name), f"has no effect with `tls: {stack.hub.tls}`", "tls: files")


def fields_belong_to_the_target(stack: Stack, document: Document) -> Iterator[Problem]:
    """A field of the other target would silently do nothing."""
    foreign: dict[str, list[Path]] = {
        "local": [("target", "context"), ("target", "namespace"), ("target", "timeout")],
        "kubernetes": [
            ("target", "confinement"),
            ("hub", "address"),
            ("hub", "port"),
            ("hub", "tls"),
            ("hub", "certificate"),
            ("hub", "key"),
        ],
    }
    for path in foreign[stack.target.kind]:
        if document.has(path):
            yield document.problem(path, f"has no effect on target {stack.target.kind}", "remove it", at_key=True)


def addresses_are_addresses(stack: Stack, document: Document) -> Iterator[Problem]:
    """Four numbers may still be no address, and no name ends in a number (RFC 3696)."""
    if not _is_address(stack.hub.address):
        yield document.problem(("hub", "address"), f"{stack.hub.address} is not an IP address", "127.0.0.1")
    hosts: list[tuple[Path, str | None]] = [
        (("hub", "host"), stack.hub.host),
        (("storage", "nfs", "server"), stack.storage.nfs.server),
    ]
    for path, host in hosts:
        if host and host.rpartition(".")[2].isdigit() and not _is_address(host):
            yield document.problem(path, f"{host} is neither a host name nor an IP address", "192.168.10.1")


def a_cluster_has_a_name(stack: Stack, document: Document) -> Iterator[Problem]:
    """An Ingress and its certificate go by name."""
    if stack.target.kind == "kubernetes" and _is_address(stack.hub.host):
        message = "a cluster is reached by a host name, not by an IP address"
        if not document.has(("hub", "host")):
            message = "a stack on a cluster needs hub.host, the name users type"
        yield document.problem(("hub", "host"), message, "host: jupyter.example.net")


def remote_services_use_https(stack: Stack, document: Document) -> Iterator[Problem]:
    """Tokens cross these connections."""
    places: list[tuple[Path, str | None]] = [
        (("vault", "address"), stack.vault.address),
        (("auth", "keycloak", "url"), stack.auth.keycloak.url),
        (("auth", "oidc", "issuer"), stack.auth.oidc.issuer),
    ]
    for path, url in places:
        if url and url.startswith("http://") and not is_loopback(re.split("[:/]", url[7:])[0]):
            yield document.problem(
                path, "passwords and tokens would cross the network in the clear", url.replace("http", "https", 1)
            )


def mcp_is_on_where_something_of_it_is_asked_for(stack: Stack, document: Document) -> Iterator[Problem]:
    """A permission that silently does nothing would surprise whoever switches the rest on later."""
    if stack.mcp.allow_token_in_url and not stack.mcp.enabled:
        message = "has no effect with mcp.enabled: false"
        yield document.problem(("mcp", "allow_token_in_url"), message, "enabled: true, or remove it")


def limits_hold_on_a_cluster_only(stack: Stack, document: Document) -> Iterator[Problem]:
    """The local target starts processes and sets no limits of memory or processor time."""
    if stack.target.kind == "local":
        for slug in stack.profiles:
            for name in ("cpu", "memory", "node_selector", "tolerations"):
                if document.has(("profiles", slug, name)):
                    path: Path = ("profiles", slug, name)
                    yield document.problem(path, "warning: not enforced on the local target", "remove it", at_key=True)


def unconfined_servers_are_named(stack: Stack, document: Document) -> Iterator[Problem]:
    """Somebody who reads the file later should know."""
    if stack.target.kind == "local" and stack.target.confinement == "off":
        message = "warning: every user can read every other user's files, tokens and secrets"
        yield document.problem(("target", "confinement"), message, "auto")


RULES: tuple[Rule, ...] = (
    servers_end_before_their_tokens,
    a_token_lives_at_most_its_cap,
    culling_checks_often_enough,
    sessions_fit_into_each_other,
    removed_users_are_noticed_in_time,
    servers_end_before_their_sessions,
    one_default_profile,
    own_profiles_are_complete,
    gpu_profiles_need_gpus,
    images_are_pinned,
    image_packages_are_names,
    images_have_names_of_their_own,
    registries_are_places,
    spark_from_a_mirror_is_checked,
    build_arguments_are_no_secrets,
    amounts_fit,
    packages_are_requirements,
    nfs_names_its_server,
    the_vault_preset_is_whole,
    an_admin_token_belongs_to_a_token_login,
    dummy_stays_on_loopback,
    one_way_in,
    groups_have_a_provider,
    login_is_complete,
    what_install_manages_it_can_reach,
    an_embedded_keycloak_is_whole,
    the_internal_way_is_private,
    the_username_pattern_is_one,
    a_server_on_the_network_uses_tls,
    tls_files_are_named,
    fields_belong_to_the_target,
    addresses_are_addresses,
    a_cluster_has_a_name,
    the_chart_is_known,
    a_gateway_is_named,
    destinations_are_complete,
    remote_services_use_https,
    mcp_is_on_where_something_of_it_is_asked_for,
    servers_that_are_tools_are_built_as_such,
    nothing_is_left_unfilled,
    texts_are_one_line,
)
WARNINGS: tuple[Rule, ...] = (
    example_hosts_are_replaced,
    limits_hold_on_a_cluster_only,
    unconfined_servers_are_named,
    refreshes_are_frequent,
    somebody_may_come_in,
)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
