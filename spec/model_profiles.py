"""Profiles: what a user may choose before a server starts. Pure."""

from typing import Annotated, Any

from msgspec import Meta, field

from spec.fields import Cpu, Group, Image, Memory, Section, Slug, Text, Variables, says

Requirement = Annotated[str, Meta(min_length=1, max_length=300, examples=["pandas", "pandas==2.3.3"])]


class CpuAmounts(Section, frozen=True):
    """Processor time of one server, in cores."""

    guarantee: Annotated[Cpu | None, says("What a node must have free.")] = None
    limit: Annotated[Cpu | None, says("What the server may use at most.")] = None


class MemoryAmounts(Section, frozen=True):
    """Memory of one server."""

    guarantee: Annotated[Memory | None, says("What a node must have free.")] = None
    limit: Annotated[Memory | None, says("A server that uses more is ended.")] = None


class ProfileGpu(Section, frozen=True):
    """GPUs of one server."""

    limit: Annotated[int, Meta(ge=0, le=64, description="How many GPUs a server gets.")] = 0


class Toleration(Section, frozen=True):
    """A taint of a node that servers of the profile accept, as in Kubernetes."""

    key: Annotated[str | None, says("The taint's key; all taints without one.")] = None
    operator: Annotated[str, Meta(pattern="^(Exists|Equal)$", description="`Exists` or `Equal`.")] = "Equal"
    value: Annotated[str | None, says("The taint's value, with `Equal`.")] = None
    effect: Annotated[
        Annotated[str, Meta(pattern="^(NoSchedule|PreferNoSchedule|NoExecute)$")] | None,
        says("All effects without one."),
    ] = None


class Choice(Section, frozen=True):
    """One value of a choice inside a profile, such as a size."""

    display_name: Annotated[Text, says("The words users see.")]
    default: Annotated[bool, says("Chosen unless the user picks another one.")] = False
    image: Annotated[Image | None, says("Instead of the profile's image.")] = None
    cpu: Annotated[CpuAmounts | None, says("Instead of the profile's processor time.")] = None
    memory: Annotated[MemoryAmounts | None, says("Instead of the profile's memory.")] = None
    gpu: Annotated[ProfileGpu | None, says("Instead of the profile's GPUs.")] = None


class Profile(Section, frozen=True):
    """A profile; for a built-in one, what is left out keeps the built-in value."""

    enabled: Annotated[
        bool | None, says("Offered to users. Own profiles: true; built-in ones: only `datascience`.")
    ] = None
    default: Annotated[bool, says("Chosen unless the user picks another one; else the first one offered is.")] = False
    display_name: Annotated[Text | None, says("The words users see.")] = None
    description: Annotated[str | None, says("A sentence below the name.")] = None
    image: Annotated[Image | None, says("The container image, with a tag or a digest.")] = None
    packages: Annotated[
        list[Requirement] | None,
        says("Python packages of the profile's environment on the local target; empty: the hub's own environment."),
    ] = None
    cpu: Annotated[CpuAmounts, says("Processor time of one server.")] = field(default_factory=CpuAmounts)
    memory: Annotated[MemoryAmounts, says("Memory of one server.")] = field(default_factory=MemoryAmounts)
    gpu: Annotated[ProfileGpu | None, says("GPUs of one server.")] = None
    groups: Annotated[list[Group], says("Only members of one of these groups may use it; empty: everybody.")] = field(
        default_factory=list
    )
    environment: Annotated[Variables, says("Environment variables of the server.")] = field(default_factory=dict)
    node_selector: Annotated[dict[str, str], says("Labels a node must have.")] = field(default_factory=dict)
    tolerations: Annotated[list[Toleration], says("Taints of nodes that are accepted.")] = field(default_factory=list)
    storage: Annotated[Memory | None, says("Size of the home, instead of `storage.capacity`.")] = None
    choices: Annotated[
        dict[Slug, dict[Slug, Choice]], says("Further choices in the form: name of the choice -> its values.")
    ] = field(default_factory=dict)
    pod: Annotated[dict[str, Any], says("Further KubeSpawner settings of this profile.")] = field(default_factory=dict)


Profiles = dict[Slug, Profile]
