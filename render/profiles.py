"""Profiles as KubeSpawner's list: what a server gets on a cluster. Pure."""

from dataclasses import replace
from typing import Any

from render.found import Found
from render.serversettings import PATH_VARIABLE, TOKEN_VARIABLE, server_variables
from render.vaultvalues import vault_variables
from spec.images import address
from spec.model import Stack
from spec.model_profiles import Choice, CpuAmounts, MemoryAmounts
from spec.profiles import EffectiveProfile, effective_profiles
from spec.quantities import bytes_of, cores

GPU = "nvidia.com/gpu"
"""The extended resource of NVIDIA's device plugin."""
_TOLERATIONS = [
    {"key": key, "operator": "Equal", "value": "user", "effect": "NoSchedule"}
    for key in ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
]
"""Those that the chart gives to every server; a profile's own list replaces it (values.yaml, scheduling.userPods)."""
_LOG_LEVEL = "BUUNSTACK_LOG_LEVEL"


def has_gpus(stack: Stack, found: Found) -> bool:
    """Whether servers may get GPUs."""
    return found.gpu if stack.gpu.enabled == "auto" else stack.gpu.enabled


def offered(stack: Stack, found: Found) -> list[EffectiveProfile]:
    """The enabled profiles that can start; exactly one of them, if there is one, is the default."""
    out = set(left_out(stack, found))
    profiles = [profile for profile in effective_profiles(stack) if profile.enabled and profile.slug not in out]
    profiles = [replace(profile, image=found.pinned(profile.image)) for profile in profiles]
    if profiles and not any(profile.default for profile in profiles):
        profiles[0] = replace(profiles[0], default=True)
    return profiles


def left_out(stack: Stack, found: Found) -> list[str]:
    """The enabled profiles that ask for a GPU where there is none: their servers would wait for ever."""
    if has_gpus(stack, found):
        return []
    return [profile.slug for profile in effective_profiles(stack) if profile.enabled and profile.gpu.limit]


def gives_gpus(stack: Stack, found: Found) -> bool:
    """Whether some server gets a GPU."""
    if not has_gpus(stack, found):
        return False
    return any(_gpus(stack, profile) or _choice_gpus(profile) for profile in offered(stack, found))


def shared_environment(stack: Stack) -> dict[str, str]:
    """The variables of every server, as KubeSpawner's templates of exactly these texts."""
    given = stack.notebook.environment
    own = {_LOG_LEVEL: stack.notebook.buunstack_log_level, **vault_variables(stack), **server_variables(stack, given)}
    return _literals({**given, **own})


def profile_list(stack: Stack, found: Found) -> list[dict[str, Any]]:
    """`KubeSpawner.profile_list`, with a slug for each so that a new title loses nobody's choice."""
    return [_entry(stack, found, profile, has_gpus(stack, found)) for profile in offered(stack, found)]


def _entry(stack: Stack, found: Found, profile: EffectiveProfile, gpus: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "slug": profile.slug,
        "display_name": profile.display_name,
        "description": profile.description,
    }
    if profile.default:
        entry["default"] = True
    entry["kubespawner_override"] = _override(stack, profile, gpus)
    options = {
        name: {
            "display_name": name.replace("-", " ").capitalize(),
            "choices": {slug: _choice(stack, found, choice, gpus) for slug, choice in _startable(choices, gpus)},
        }
        for name, choices in profile.declared.choices.items()
    }
    if options:
        entry["profile_options"] = options
    return entry


def _override(stack: Stack, profile: EffectiveProfile, gpus: bool) -> dict[str, Any]:
    declared = profile.declared
    override: dict[str, Any] = {"image": profile.image, **_cpu(profile.cpu), **_memory(profile.memory)}
    if gpus and (count := _gpus(stack, profile)):
        override |= _gpu(stack, count)
    if environment := _environment(stack, declared.environment):
        override["environment"] = _literals(environment)
    if declared.node_selector:
        override["node_selector"] = dict(sorted(declared.node_selector.items()))
    if declared.tolerations:
        own = [_without_none(toleration) for toleration in declared.tolerations]
        override["tolerations"] = [*_every_servers_tolerations(stack), *own]
    if declared.storage:
        override["storage_capacity"] = declared.storage
    return {**override, **declared.pod}


def _environment(stack: Stack, given: dict[str, str]) -> dict[str, str]:
    """A profile's own variables; those of the stack win, and its folder of settings goes before the profile's."""
    found = {name: text for name, text in given.items() if name not in (_LOG_LEVEL, TOKEN_VARIABLE)}
    if PATH_VARIABLE in found:
        found[PATH_VARIABLE] = server_variables(stack, found)[PATH_VARIABLE]
    return found


def _choice(stack: Stack, found: Found, choice: Choice, gpus: bool) -> dict[str, Any]:
    override: dict[str, Any] = {"image": found.pinned(address(stack, choice.image))} if choice.image else {}
    override |= _cpu(choice.cpu or CpuAmounts()) | _memory(choice.memory or MemoryAmounts())
    if gpus and choice.gpu is not None:
        override |= _gpu(stack, choice.gpu.limit)
    entry: dict[str, Any] = {"display_name": choice.display_name}
    if choice.default:
        entry["default"] = True
    return {**entry, "kubespawner_override": override}


def _startable(choices: dict[str, Choice], gpus: bool) -> list[tuple[str, Choice]]:
    """Without GPUs a choice that asks for one would wait for ever."""
    return [(slug, choice) for slug, choice in choices.items() if gpus or choice.gpu is None or not choice.gpu.limit]


def _gpus(stack: Stack, profile: EffectiveProfile) -> int:
    return profile.gpu.limit or (stack.gpu.limit if stack.gpu.all_profiles else 0)


def _choice_gpus(profile: EffectiveProfile) -> bool:
    return any(
        choice.gpu is not None and choice.gpu.limit > 0
        for choices in profile.declared.choices.values()
        for choice in choices.values()
    )


def _gpu(stack: Stack, count: int) -> dict[str, Any]:
    """KubeSpawner merges these; a value of none takes away what the profile gave."""
    override: dict[str, Any] = {"extra_resource_limits": {GPU: str(count) if count else None}}
    if stack.gpu.runtime_class:
        override["extra_pod_config"] = {"runtimeClassName": stack.gpu.runtime_class if count else None}
    return override


def _cpu(amounts: CpuAmounts) -> dict[str, float]:
    named = {"cpu_guarantee": amounts.guarantee, "cpu_limit": amounts.limit}
    return {name: cores(amount) for name, amount in named.items() if amount is not None}


def _memory(amounts: MemoryAmounts) -> dict[str, int]:
    """In bytes: KubeSpawner reads `4G` as 4 GiB and no `4Gi` (jupyterhub.traitlets.ByteSpecification)."""
    named = {"mem_guarantee": amounts.guarantee, "mem_limit": amounts.limit}
    return {name: bytes_of(amount) for name, amount in named.items() if amount is not None}


def _every_servers_tolerations(stack: Stack) -> list[dict[str, Any]]:
    found: Any = stack.chart_values
    for key in ("scheduling", "userPods", "tolerations"):
        found = found.get(key) if isinstance(found, dict) else None
    return list(found) if isinstance(found, list) else _TOLERATIONS


def _without_none(toleration: Any) -> dict[str, str]:
    named = {name: getattr(toleration, name) for name in ("key", "operator", "value", "effect")}
    return {name: value for name, value in named.items() if value is not None}


def _literals(variables: dict[str, str]) -> dict[str, str]:
    """KubeSpawner fills braces in; doubled ones stand for themselves (`_expand_user_properties`)."""
    return {name: text.replace("{", "{{").replace("}", "}}") for name, text in sorted(variables.items())}
