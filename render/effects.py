"""What a change of the stack file means for the people of the platform: one function for each matter. Pure.

Each function tells what it sees, and the keys that it has told of; what nobody tells of is listed as it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from render.lifetimes import SERVERS, lives
from spec.egress import destinations
from spec.login import administrators
from spec.model import Stack
from spec.profiles import EffectiveProfile, effective_profiles
from spec.quantities import bytes_of, cores, spelled
from spec.ways import ways

Weight = Literal["breaks", "opens", "notice"]
"""Somebody loses something; somebody or something may more than before; somebody notices."""


@dataclass(frozen=True)
class Effect:
    """One thing that people should know before they agree."""

    weight: Weight
    who: str
    words: str
    keys: tuple[str, ...]
    """Of the stack file, as `culling.max_age`."""


Found = Iterator[Effect]
_ANEW = "the images are built, pushed and pulled anew"


def another_stack(before: Stack, after: Stack) -> Found:
    """The name and the place decide what is found again."""
    if before.name != after.name:
        words = f"another stack ({before.name} -> {after.name}): homes, accounts and secrets stay with the old one"
        yield Effect("breaks", "everybody", words, ("name",))
    if before.target.kind != after.target.kind:
        words = f"the stack moves from {before.target.kind} to {after.target.kind}: nothing is taken along"
        yield Effect("breaks", "everybody", words, ("target.kind",))
    elif before.target.namespace != after.target.namespace:
        words = "the stack moves to another namespace: homes and accounts stay in the old one"
        yield Effect("breaks", "everybody", words, ("target.namespace",))


def address(before: Stack, after: Stack) -> Found:
    """Where the platform is found."""
    if before.hub.host != after.hub.host:
        words = f"another address ({before.hub.host} -> {after.hub.host}): sessions, bookmarks, clients, redirects"
        yield Effect("breaks", "everybody", words, ("hub.host",))


def login(before: Stack, after: Stack) -> Found:
    """Who may sign in, and who administers."""
    old, new = before.auth, after.auth
    if old.kind != new.kind:
        words = f"login changes from {old.kind} to {new.kind}: everybody signs in anew, names may be other ones"
        yield Effect("breaks", "everybody", words, ("auth.kind",))
    for name in ("allowed_groups", "admin_groups", "allowed_users"):
        was, now = set(getattr(old, name)), set(getattr(new, name))
        if name != "admin_groups" and (old.allow_all or new.allow_all):
            continue
        kind = "group " if name.endswith("groups") else ""
        for one in sorted(was - now):
            what = "administers no more" if name == "admin_groups" else "may not sign in by this any more"
            yield Effect("breaks", f"{kind}{one}", what, (f"auth.{name}",))
        for one in sorted(now - was):
            what = "administers: sees and stops every server" if name == "admin_groups" else "may sign in"
            yield Effect("opens", f"{kind}{one}", what, (f"auth.{name}",))
    for one in sorted(set(administrators(old)) - set(administrators(new))):
        yield Effect("breaks", one, "administers no more", ("auth.admin_users",))
    for one in sorted(set(administrators(new)) - set(administrators(old))):
        yield Effect("opens", one, "administers: sees and stops every server", ("auth.admin_users",))
    yield from _doors(before, after)


def _doors(before: Stack, after: Stack) -> Found:
    old, new = before.auth, after.auth
    if old.allow_all != new.allow_all:
        weight: Weight = "opens" if new.allow_all else "breaks"
        words = "whoever the login knows may sign in" if new.allow_all else "only those who are named may sign in"
        yield Effect(weight, "everybody", words, ("auth.allow_all",))
    if old.native.open_signup != new.native.open_signup:
        words = "anybody may make an account" if new.native.open_signup else "accounts are made by administrators alone"
        yield Effect("opens" if new.native.open_signup else "notice", "everybody", words, ("auth.native.open_signup",))


def profiles(before: Stack, after: Stack) -> Found:
    """What users may choose, each group for itself."""
    old, new = _offered(before), _offered(after)
    for slug in sorted(old.keys() - new.keys()):
        words = f"profile {slug} is gone: running servers go on, the next start needs another profile"
        yield Effect("breaks", who(old[slug]), words, (f"profiles.{slug}",))
    for slug in sorted(new.keys() - old.keys()):
        yield Effect("notice", who(new[slug]), f"profile {slug} is new", (f"profiles.{slug}",))
    for slug in sorted(old.keys() & new.keys()):
        yield from _narrowed(old[slug], new[slug])
        yield from _changed(old[slug], new[slug])
    was, now = (next((one.slug for one in offered.values() if one.default), "") for offered in (old, new))
    if was != now and was in new and now in old:
        words = f"the default profile is {now}, no longer {was}"
        yield Effect("notice", "everybody", words, (f"profiles.{now}.default", f"profiles.{was}.default"))


def _offered(stack: Stack) -> dict[str, EffectiveProfile]:
    return {profile.slug: profile for profile in effective_profiles(stack) if profile.enabled}


def who(*profiles: EffectiveProfile) -> str:
    """Whom profiles are offered to."""
    groups = {group for profile in profiles for group in profile.declared.groups}
    narrow = all(profile.declared.groups for profile in profiles)
    return f"groups {', '.join(sorted(groups))}" if narrow else "everybody"


def _narrowed(old: EffectiveProfile, new: EffectiveProfile) -> Found:
    was, now, keys = set(old.declared.groups), set(new.declared.groups), (f"profiles.{old.slug}.groups",)
    if was == now:
        return
    if now and not was:
        words = f"profile {old.slug} is for {', '.join(sorted(now))} alone"
        yield Effect("breaks", "everybody else", words, keys)
        return
    if was and not now:
        yield Effect("opens", "everybody", f"profile {old.slug} is for everybody", keys)
        return
    for group in sorted(was - now):
        yield Effect("breaks", f"group {group}", f"profile {old.slug} is gone", keys)
    for group in sorted(now - was):
        yield Effect("opens", f"group {group}", f"profile {old.slug} is offered", keys)


def _changed(old: EffectiveProfile, new: EffectiveProfile) -> Found:
    """What servers get at their next start."""
    where = f"profiles.{old.slug}"
    if old.packages != new.packages:
        words = f"{old.slug}: from the next start on {_difference(old.packages or (), new.packages or ())}"
        yield Effect("notice", who(new), words, (f"{where}.packages",))
    amounts: tuple[tuple[str, str | float | None, str | float | None, Callable[[str], float]], ...] = (
        ("memory", old.memory.limit, new.memory.limit, lambda text: float(bytes_of(text))),
        ("cpu", old.cpu.limit, new.cpu.limit, cores),
    )
    for name, was, now, size in amounts:
        if was != now:
            less = now is not None and (was is None or size(str(now)) < size(str(was)))
            ends = "; a server that uses more is ended" if less and name == "memory" else ""
            words = f"{old.slug}: {name} {was or 'without limit'} -> {now or 'without limit'}{ends}"
            yield Effect("breaks" if less else "notice", who(new), words, (f"{where}.{name}",))
    if old.gpu.limit != new.gpu.limit:
        weight: Weight = "breaks" if new.gpu.limit < old.gpu.limit else "notice"
        yield Effect(weight, who(new), f"{old.slug}: {old.gpu.limit} -> {new.gpu.limit} GPUs", (f"{where}.gpu",))


def _difference(was: tuple[str, ...], now: tuple[str, ...]) -> str:
    """Added and removed lines, such as `+ polars, - numpy`."""
    added, gone = sorted(set(now) - set(was)), sorted(set(was) - set(now))
    return ", ".join([*(f"+ {one}" for one in added), *(f"- {one}" for one in gone)]) or "in another order"


def homes(before: Stack, after: Stack) -> Found:
    """Where files are."""
    old, new = before.storage, after.storage
    for name in ("kind", "class_name"):
        if getattr(old, name) != getattr(new, name):
            words = f"homes: {name} {getattr(old, name)} -> {getattr(new, name)}; those that are there are not moved"
            yield Effect("breaks", "everybody with a home", words, (f"storage.{name}",))
    if old.nfs != new.nfs and new.kind == "nfs":
        yield Effect("breaks", "everybody with a home", "homes are looked for elsewhere on NFS", ("storage.nfs",))
    for name in sorted(old.shared.keys() - new.shared.keys()):
        groups = ", ".join(sorted(old.shared[name].groups)) or "everybody"
        words = f"shared folder {name} is mounted no more; its files stay"
        yield Effect("breaks", groups, words, (f"storage.shared.{name}",))
    for name in sorted(new.shared.keys() - old.shared.keys()):
        groups = ", ".join(sorted(new.shared[name].groups)) or "everybody"
        yield Effect("opens", groups, f"shared folder {name} is mounted", (f"storage.shared.{name}",))


def secrets(before: Stack, after: Stack) -> Found:
    """Users' secrets."""
    old, new = before.vault, after.vault
    if old.enabled != new.enabled:
        words = "notebooks get secrets" if new.enabled else "notebooks get no secrets any more; they stay in Vault"
        yield Effect("notice" if new.enabled else "breaks", "everybody", words, ("vault.enabled",))
    if not (old.enabled and new.enabled):
        return
    for name in ("address", "namespace", "mount", "root", "preset"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            words = f"secrets are looked for elsewhere (vault.{name}: {was} -> {now}); none are moved"
            yield Effect("breaks", "everybody with secrets", words, (f"vault.{name}",))
    for name in ("hub_login", "delivery", "isolation"):
        was, now = getattr(ways(old), name), getattr(ways(new), name)
        if was != now:
            words = f"the way to secrets changes (vault.{name}: {was} -> {now}) for servers that start from then on"
            yield Effect("notice", "everybody with secrets", words, (f"vault.{name}",))


def lifetimes(before: Stack, after: Stack) -> Found:
    """When servers, tokens and sign-ins end."""
    old = {(life.group, life.name): life for life in lives(before)}
    for life in lives(after):
        was = old.get((life.group, life.name))
        if was is not None and was.seconds != life.seconds:
            shorter, of_server = life.seconds < was.seconds, life.group == SERVERS
            weight: Weight = "breaks" if shorter and of_server else "notice" if shorter or of_server else "opens"
            words = f"{life.name}: {spelled(was.seconds)} -> {spelled(life.seconds)}"
            keys = tuple(life.where.removeprefix("half of ").split(" + ")) if life.where else ()
            yield Effect(weight, "everybody", words, keys)
    if before.culling.enabled != after.culling.enabled:
        words = "idle servers end" if after.culling.enabled else "no server ends by itself any more"
        yield Effect("breaks" if after.culling.enabled else "notice", "everybody", words, ("culling.enabled",))


def ways_out(before: Stack, after: Stack) -> Found:
    """What notebook servers may reach."""
    old, new = ({one.name: one for one in destinations(stack)} for stack in (before, after))
    for name in sorted(new.keys() - old.keys()):
        found = new[name]
        where = found.host or (f"namespace {found.namespace}" if found.namespace else "anywhere")
        ports = ", ".join(map(str, found.ports)) or "all ports"
        yield Effect("opens", "every server", f"may connect to {name}: {where}, {ports}", (f"egress.{name}",))
    for name in sorted(old.keys() - new.keys()):
        yield Effect("breaks", "every server", f"may not connect to {name} any more", (f"egress.{name}",))
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Effect("opens", "every server", f"reaches {name} elsewhere, or by other ports", (f"egress.{name}",))


def assistants(before: Stack, after: Stack) -> Found:
    """AI clients."""
    old, new = before.mcp, after.mcp
    if old.enabled != new.enabled:
        words = "is a tool of its user's AI clients" if new.enabled else "is no tool of AI clients any more"
        weight: Weight = "opens" if new.enabled else "breaks"
        yield Effect(weight, "every server", f"{words}, from its next start on", ("mcp.enabled",))
    if new.allow_token_in_url and not old.allow_token_in_url:
        words = "takes tokens in addresses, which end up in logs"
        yield Effect("opens", "every server", words, ("mcp.allow_token_in_url",))


def images(before: Stack, after: Stack) -> Found:
    """What is built, and pulled by every node."""
    old, new, who = before.images, after.images, "users of this stack's images"
    for name in new.groups.__struct_fields__:
        was, now = getattr(old.groups, name), getattr(new.groups, name)
        if was != now:
            words = f"package group {name} {'comes' if now else 'goes'}: {_ANEW}"
            yield Effect("notice" if now else "breaks", who, words, (f"images.groups.{name}",))
    for name in ("packages", "apt", "conda"):
        was, now = tuple(getattr(old, name)), tuple(getattr(new, name))
        if was != now:
            weight: Weight = "breaks" if set(was) - set(now) else "notice"
            yield Effect(weight, who, f"{_difference(was, now)}: {_ANEW}", (f"images.{name}",))


def chart(before: Stack, after: Stack) -> Found:
    """The version of JupyterHub on a cluster."""
    if before.chart.version != after.chart.version:
        words = f"z2jh {before.chart.version} -> {after.chart.version}: the hub's database is migrated at its start"
        yield Effect("notice", "everybody", words, ("chart.version",))


MATTERS: tuple[Callable[[Stack, Stack], Found], ...] = (
    another_stack, address, login, profiles, homes, secrets, lifetimes, ways_out, assistants, images, chart,
)  # fmt: skip


def effects(before: Stack, after: Stack) -> list[Effect]:
    """All of them, those that break something first."""
    order = ("breaks", "opens", "notice")
    found = [effect for matter in MATTERS for effect in matter(before, after)]
    return sorted(dict.fromkeys(found), key=lambda effect: order.index(effect.weight))
