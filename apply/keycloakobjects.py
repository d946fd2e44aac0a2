"""What a stack has in Keycloak: each object as declared and as it is, and what differs. Pure, given the answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apply.plan import Change
from spec.quantities import duration

LAYER = "login"
"""How these changes stand together in a plan."""
_SECRET = "secret"  # noqa: S105 - a name
_LIMITS = {
    "client.session.idle.timeout": ("ssoSessionIdleTimeout", "session_idle"),
    "client.session.max.lifespan": ("ssoSessionMaxLifespan", "session_max"),
}
"""Attribute of a client -> the realm's setting that it may not exceed (Keycloak answers 400), and ours."""
_UNKNOWN = ("", None)
"""Keycloak keeps no attribute that is empty."""


@dataclass(frozen=True)
class Seen:
    """What was read; None where it was not looked at."""

    client: dict[str, Any] | None = field(default=None, repr=False)
    """None also where there is none."""
    scopes: list[str] = field(default_factory=list)
    """Names of the client's default scopes."""
    groups: dict[str, str] | None = None
    """Path of each group that is there, of those that are named -> id."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Of the realm."""
    users: dict[str, "SeenUser"] | None = None


@dataclass(frozen=True)
class SeenUser:
    """A user who is there."""

    identity: str
    groups: frozenset[str]


@dataclass(frozen=True)
class KeycloakObject:
    """One thing that Keycloak keeps for a stack."""

    kind: str
    name: str
    body: dict[str, Any] = field(repr=False)
    """Everything that is declared of it."""
    live: dict[str, Any] | None = field(repr=False)
    of: str = ""
    """Of which client it is."""

    @property
    def title(self) -> str:
        """In the user's words."""
        return f"{self.kind} {self.name}" + (f" of client {self.of}" if self.of else "")


def objects(declared: dict[str, Any], seen: Seen, secret: str | None) -> list[KeycloakObject]:
    """Each object with what is there, in the order in which they can be made.

    Args:
        declared: what `render.keycloak` wants.
        secret: of the client; None to leave it alone.
    """
    found = []
    if "settings" in declared:
        found.append(KeycloakObject("realm", declared["realm"], declared["settings"], seen.settings))
    found += _client(declared, seen, secret)
    if declared["manage"] != "client":
        there = seen.groups or {}
        found += [_group(path, there) for path in declared["groups"]]
    return found + [_user(wanted, (seen.users or {}).get(wanted["username"])) for wanted in declared.get("users", ())]


def changes(found: list[KeycloakObject]) -> list[Change]:
    """What would be written."""
    made = []
    for one in found:
        if one.live is None:
            made.append(Change("create", one.title, layer=LAYER))
        elif lines := differences(one):
            made.append(Change("update", one.title, tuple(lines), layer=LAYER))
    return made


def differing(found: list[KeycloakObject]) -> list[KeycloakObject]:
    """Those that have to be written."""
    return [one for one in found if one.live is None or differences(one)]


def differences(one: KeycloakObject) -> list[str]:
    """A line for each declared field that is something else; a secret is never shown."""
    return [
        "secret: changed" if name == _SECRET else f"{name}: {shown(old)} -> {shown(new)}"
        for name, (old, new) in _differing(one.body, one.live or {}).items()
    ]


def warnings(declared: dict[str, Any], seen: Seen) -> tuple[str, ...]:
    """What the stack names and does not manage, where it is not as the stack needs it."""
    return (*_shorter(declared, seen), *_doubled_claims(declared, seen), *_unmanaged_groups(declared, seen))


def _shorter(declared: dict[str, Any], seen: Seen) -> Iterator[str]:
    wanted, fitting = declared["client"]["attributes"], _fitting(declared, seen)["attributes"]
    for name, (_, ours) in _LIMITS.items():
        if fitting[name] != wanted[name]:
            yield (
                f"AUTH132 realm {declared['realm']} ends sessions after {duration(int(fitting[name]))}, "
                f"before auth.keycloak.{ours} ({duration(int(wanted[name]))})"
            )


def _doubled_claims(declared: dict[str, Any], seen: Seen) -> Iterator[str]:
    """One with short names would make a member of `students/admins` a member of `admins`."""
    ours, client = declared["mapper"], declared["client"]["clientId"]
    for mapper in (seen.client or {}).get("protocolMappers") or ():
        claim = (mapper.get("config") or {}).get("claim.name")
        if claim == ours["config"]["claim.name"] and mapper["name"] != ours["name"]:
            yield f"AUTH131 mapper {mapper['name']} of client {client} writes the claim {claim} too: remove it"


def _fitting(declared: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """The client; in a realm that is somebody else's its sessions are no longer than the realm lets them be."""
    body: dict[str, Any] = declared["client"]
    if "settings" in declared:
        return body
    attributes = dict(body["attributes"])
    for name, (limit, _) in _LIMITS.items():
        attributes[name] = str(min(int(attributes[name]), seen.settings[limit]))
    return body | {"attributes": attributes}


def _unmanaged_groups(declared: dict[str, Any], seen: Seen) -> tuple[str, ...]:
    if declared["manage"] != "client" or not declared["groups"]:
        return ()
    if seen.groups is None:
        names = ", ".join(declared["groups"])
        return (f"AUTH130 nobody looked whether these groups are in Keycloak (needs role view-users): {names}",)
    return tuple(
        f"AUTH130 group {path} is named by the stack and not in Keycloak: manage: groups, or ask its administrator"
        for path in declared["groups"]
        if path not in seen.groups
    )


def compared(declared: dict[str, Any], seen: Seen) -> list[tuple[str, Any, Any, bool]]:
    """(field, as it is, as declared, whether they differ) of the client and what belongs to it; no secret."""
    rows = []
    for one in _client(declared, seen, None):
        start = "" if one.kind == "client" else f"{one.kind} {one.name}."
        apart = _differing(one.body, one.live or {})
        for name, new in _flat(one.body).items():
            rows.append((f"{start}{name}", _flat(one.live or {}).get(name), new, name in apart))
    return rows


def shown(value: Any) -> str:
    """A value for people."""
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "not set" if value is None else str(value)


def merged(live: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """All that is there with what is declared over it: Keycloak fills in by itself what a PUT leaves out."""
    made = dict(live)
    for name, value in body.items():
        made[name] = merged(live.get(name) or {}, value) if isinstance(value, dict) else value
    return made


def _client(declared: dict[str, Any], seen: Seen, secret: str | None) -> list[KeycloakObject]:
    """A client that is not there is made whole; of one that is there each part is its own object."""
    body, mapper, scopes = _fitting(declared, seen), declared["mapper"], declared["scopes"]
    name = body["clientId"]
    if secret is not None:
        body = body | {_SECRET: secret}
    if seen.client is None:
        whole = body | {"protocolMappers": [mapper], "defaultClientScopes": scopes}
        return [KeycloakObject("client", name, whole, None)]
    mappers = {one["name"]: one for one in seen.client.get("protocolMappers") or ()}
    return [
        KeycloakObject("client", name, body, seen.client),
        KeycloakObject("scopes", "by default", {"names": scopes}, {"names": seen.scopes}, name),
        KeycloakObject("mapper", mapper["name"], mapper, mappers.get(mapper["name"]), name),
    ]


def _group(path: str, there: dict[str, str]) -> KeycloakObject:
    live = {"name": path} if path in there else None
    return KeycloakObject("group", path, {"name": path}, live)


def _user(wanted: dict[str, Any], there: SeenUser | None) -> KeycloakObject:
    """Of a user who is there only missing memberships count: the rest is that person's own by now."""
    if there is None:
        return KeycloakObject("user", wanted["username"], wanted, None)
    both = there.groups | set(wanted["groups"])
    return KeycloakObject("user", wanted["username"], {"groups": sorted(both)}, {"groups": sorted(there.groups)})


def _differing(body: dict[str, Any], live: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    have = _flat(live)
    return {
        name: (have.get(name), value) for name, value in _flat(body).items() if _plain(have.get(name)) != _plain(value)
    }


def _flat(content: dict[str, Any], start: str = "") -> dict[str, Any]:
    """Field -> value, with those of inner mappings as `attributes.NAME`."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{start}{name}.")
        else:
            found[f"{start}{name}"] = value
    return found


def _plain(value: Any) -> Any:
    """As it can be compared: lists are sets to Keycloak."""
    if isinstance(value, list):
        return sorted(map(str, value))
    return None if value in _UNKNOWN else value
