"""Storage, secrets and the ways out. Pure."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from spec.fields import HOME_FOLDER, Duration, Group, Host, Memory, Section, Slug, Text, Url, says


class Nfs(Section, frozen=True):
    """Homes on an NFS server, a folder for each user."""

    server: Annotated[Host | None, says("Name or address of the server.", ["192.168.10.1"])] = None
    path: Annotated[Annotated[str, Meta(pattern="^/")] | None, says("The exported folder.", ["/volume1/jupyter"])] = (
        None
    )
    mount_options: Annotated[list[Text], says("Of the mount.", [["nfsvers=4.2"]])] = field(default_factory=list)
    claim: Annotated[
        Slug | None, says("Instead: a claim that exists, which install neither makes nor removes.", ["jupyter-nfs-pvc"])
    ] = None
    folder: Annotated[
        Annotated[str, Meta(pattern=HOME_FOLDER)], says("The folder of one home in the volume.", ["{username}"])
    ] = "homes/{username}"


class SharedFolder(Section, frozen=True):
    """A folder that the members of some groups share."""

    groups: Annotated[list[Group], says("Who sees it; empty: everybody.")] = field(default_factory=list)
    read_only: Annotated[bool, says("Members may only read.")] = False
    path: Annotated[
        Annotated[str, Meta(pattern="^/")] | None, says("Where servers see it; `/shared/NAME` without one.")
    ] = None


class ExtraVolume(Section, frozen=True):
    """A claim that already exists, mounted in each server."""

    claim: Annotated[Text, says("The claim's name.")]
    path: Annotated[
        str, Meta(pattern="^/", description="Where servers see it.", examples=["/home/jovyan/airflow-dags"])
    ]
    read_only: Annotated[bool, says("Servers may only read.")] = False


class Storage(Section, frozen=True):
    """Users' homes."""

    kind: Annotated[
        Literal["dynamic", "nfs"], says("`dynamic`: a claim for each user. The local target uses folders either way.")
    ] = "dynamic"
    class_name: Annotated[Text | None, says("The StorageClass; the cluster's default without one.")] = None
    capacity: Annotated[Memory, says("Of one home, or of the whole NFS volume.")] = "10Gi"
    nfs: Annotated[Nfs, says("With `kind: nfs`.")] = field(default_factory=Nfs)
    fs_group: Annotated[int, Meta(ge=0, description="The group that owns homes in a pod.")] = 100
    shared: Annotated[dict[Slug, SharedFolder], says("Folders that groups share.")] = field(default_factory=dict)
    volumes: Annotated[dict[Slug, ExtraVolume], says("Existing claims in each server.")] = field(default_factory=dict)


class UserToken(Section, frozen=True):
    """The Vault token of a notebook server."""

    ttl: Annotated[Duration | None, says("Its life unless it is renewed. Default 1h, with the preset 24h.")] = None
    max_ttl: Annotated[
        Duration | None,
        says(
            "Its life however often it is renewed; `on_demand` then fetches a new one. "
            "Default 12h, with the preset 168h."
        ),
    ] = None


class AdminToken(Section, frozen=True):
    """The hub's own Vault token, with `hub_login: token`."""

    ttl: Annotated[Duration, says("Its life unless it is renewed, which happens at half of it.")] = "24h"
    secret_store: Annotated[
        Slug | None,
        says(
            "The ClusterSecretStore with which the External Secrets Operator, where there is one, reads it, "
            "and the token of the admin service; null: install writes the Secrets itself."
        ),
    ] = "vault-secret-store"  # noqa: S105 - a name


class Vault(Section, frozen=True):
    """Secrets of users: Vault or OpenBao."""

    enabled: Annotated[bool, says("Give each user secrets of their own.")] = True
    address: Annotated[Url | None, says("Of the server; the local target runs one of its own.")] = None
    namespace: Annotated[Text | None, says("Vault's namespace.")] = None
    preset: Annotated[Literal["buun-stack"] | None, says("All names and ways of buun-stack.")] = None
    hub_login: Annotated[
        Literal["jwt", "token"] | None,
        says("How the hub logs in: `jwt` leaves nothing at rest; `token` is for Kubernetes. Default `jwt`."),
    ] = None
    delivery: Annotated[
        Literal["on_demand", "env"] | None,
        says("How a notebook gets its token: it asks the hub, or finds NOTEBOOK_VAULT_TOKEN. Default `on_demand`."),
    ] = None
    isolation: Annotated[
        Literal["templated", "policy_per_user"] | None, says("One policy for all, or one each. Default `templated`.")
    ] = None
    mount: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="The KV version 2 mount.")] = "secret"
    root: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="The folder below it.")] = "jupyter"
    required: Annotated[bool, says("A server does not start without its secrets.")] = False
    page: Annotated[bool, says("A page of the hub where users see and change their own secrets.")] = True
    user_token: Annotated[UserToken, says("The token of a notebook server.")] = field(default_factory=UserToken)
    admin_token: Annotated[AdminToken, says("The hub's own token.")] = field(default_factory=AdminToken)


class Egress(Section, frozen=True):
    """A service that notebook servers may reach; a well-known name brings its namespace and ports."""

    namespace: Annotated[Slug | None, says("The namespace of its pods.")] = None
    host: Annotated[Text | None, says("Instead: an address or a range, such as 10.1.0.0/16.")] = None
    ports: Annotated[list[Annotated[int, Meta(ge=1, le=65535)]], says("TCP ports.")] = field(default_factory=list)


ChartValues = Annotated[dict[str, Any], says("Merged last into the z2jh chart's values.")]
