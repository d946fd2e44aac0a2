"""The stack file as a type: the one source of the schema, the reference and the defaults. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, field

from spec.fields import MCP_VERSION, STACK_NAME, Address, Duration, Host, Section, Slug, Text, Url, Variables, says
from spec.model_auth import Auth
from spec.model_images import Images
from spec.model_platform import ChartValues, Egress, Storage, Vault
from spec.model_profiles import Profiles

LogLevel = Literal["debug", "info", "warning", "error"]


class Target(Section, frozen=True):
    """Where the stack runs."""

    kind: Annotated[
        Literal["local", "kubernetes"], says("`local`: processes of this machine. `kubernetes`: a cluster.")
    ]
    context: Annotated[Text | None, says("The kubeconfig's context; the current one without it.")] = None
    namespace: Annotated[Slug, says("Kubernetes: the namespace of everything.")] = "jupyter"
    timeout: Annotated[Duration, says("Kubernetes: how long install waits for a release to be healthy.")] = "20m"
    confinement: Annotated[
        Literal["auto", "off"],
        says("Local: keep users' servers apart with Landlock. `off` lets everybody read everybody's files."),
    ] = "auto"


class Chart(Section, frozen=True):
    """The z2jh Helm chart."""

    version: Annotated[Text, says("The chart's version.")] = "4.4.0"
    repository: Annotated[Url, says("Where it comes from.")] = "https://jupyterhub.github.io/helm-chart/"
    source: Annotated[Text | None, says("Instead: a folder, a .tgz file or an oci:// address.")] = None


class Hub(Section, frozen=True):
    """The hub and its public address."""

    host: Annotated[Host, says("The name users type.")] = "127.0.0.1"
    address: Annotated[Address, says("Local: the address it listens on. Anything but loopback needs TLS.")] = (
        "127.0.0.1"
    )
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None, says("Local: its port; the first free one from 8000.")
    ] = None
    tls: Annotated[
        Literal["off", "self-signed", "files"], says("Local: `self-signed` uses an authority made for this stack.")
    ] = "off"
    certificate: Annotated[Text | None, says("With `tls: files`: the certificate chain, PEM.")] = None
    key: Annotated[Text | None, says("With `tls: files`: its key, PEM.")] = None
    title: Annotated[Text, says("The platform's name on its pages.")] = "JupyterHub"
    logo: Annotated[Text | None, says("A picture file for its pages.")] = None
    log_level: Annotated[LogLevel, says("How much the hub logs.")] = "info"


class Gateway(Section, frozen=True):
    """A Gateway of the cluster."""

    name: Annotated[Slug, says("Its name.")]
    namespace: Annotated[Slug | None, says("Its namespace; the stack's own without one.")] = None


class Ingress(Section, frozen=True):
    """The way into the cluster."""

    kind: Annotated[
        Literal["ingress", "gateway", "none"],
        says("`ingress`: an Ingress. `gateway`: an HTTPRoute, from chart 4.3.0 on. `none`: neither is made."),
    ] = "ingress"
    gateway: Annotated[Gateway | None, says("With `kind: gateway`.")] = None
    class_name: Annotated[Text, says("The IngressClass.")] = "traefik"
    tls_secret: Annotated[Text | None, says("The Secret with the certificate.")] = None
    sticky_cookie: Annotated[bool, says("Keep a browser on one proxy.")] = True
    annotations: Annotated[dict[str, str], says("Annotations of the Ingress.")] = field(default_factory=dict)


class Gpu(Section, frozen=True):
    """GPUs of the cluster."""

    enabled: Annotated[bool | Literal["auto"], says("`auto` follows what the cluster has.")] = "auto"
    limit: Annotated[int, Meta(ge=1, le=64, description="GPUs of a server whose profile asks for one.")] = 1
    runtime_class: Annotated[Text | None, says("The RuntimeClass of such servers.")] = "nvidia"
    create_runtime_class: Annotated[bool, says("Make that RuntimeClass.")] = False
    all_profiles: Annotated[bool, says("Every profile gets GPUs.")] = False


class Mcp(Section, frozen=True):
    """Notebook servers as tools of AI assistants."""

    enabled: Annotated[
        bool, says("Each server answers at `/user/USER/mcp`, and the hub for all at `/services/mcp`.")
    ] = False
    version: Annotated[
        str,
        Meta(
            pattern=MCP_VERSION,
            description="The version of jupyter-mcp-server; below 1.0.0 anyone may run code.",
        ),
    ] = "2.2.4"
    allow_token_in_url: Annotated[bool, says("Servers accept `?token=`, which ends up in logs.")] = False


class Culling(Section, frozen=True):
    """Ending servers that nobody uses."""

    enabled: Annotated[bool, says("End idle and old servers.")] = True
    idle_timeout: Annotated[Duration, says("A server idle for this long ends.")] = "2h"
    every: Annotated[Duration, says("How often this is checked.")] = "10m"
    max_age: Annotated[Duration, says("A server this old ends, idle or not.")] = "6d"
    admins: Annotated[bool, says("Servers of administrators too.")] = True
    users: Annotated[bool, says("Remove idle users as well as their servers.")] = False


class Monitoring(Section, frozen=True):
    """Metrics, alerts and a dashboard."""

    enabled: Annotated[bool | Literal["auto"], says("`auto` follows what the cluster has; a machine has it.")] = "auto"
    namespace: Annotated[Slug, says("The namespace of Prometheus.")] = "monitoring"
    alerts: Annotated[bool, says("Make alert rules.")] = True
    dashboard: Annotated[bool, says("Make a Grafana dashboard.")] = True


class Notebook(Section, frozen=True):
    """Every notebook server."""

    environment: Annotated[Variables, says("Environment variables of each server.")] = field(default_factory=dict)
    buunstack_log_level: Annotated[LogLevel, says("How much the secret store logs.")] = "warning"
    pre_pull: Annotated[bool, says("Fetch images to the nodes ahead of time.")] = True
    placeholders: Annotated[int, Meta(ge=0, le=1000, description="Room kept free for this many servers.")] = 0


class Stack(Section, frozen=True):
    """One multi-user notebook platform."""

    version: Annotated[Literal[1], says("The form of this file.")]
    target: Annotated[Target, says("Where the stack runs.")]
    name: Annotated[
        str, Meta(pattern=STACK_NAME, description="The stack's name; two stacks on one machine need two.")
    ] = "jupyterhub"
    chart: Annotated[Chart, says("The z2jh Helm chart.")] = field(default_factory=Chart)
    hub: Annotated[Hub, says("The hub and its public address.")] = field(default_factory=Hub)
    ingress: Annotated[Ingress, says("The way into the cluster.")] = field(default_factory=Ingress)
    auth: Annotated[Auth, says("Login.")] = field(default_factory=Auth)
    profiles: Annotated[Profiles, says("What users may choose; built-in names or own ones.")] = field(
        default_factory=dict
    )
    gpu: Annotated[Gpu, says("GPUs of the cluster.")] = field(default_factory=Gpu)
    storage: Annotated[Storage, says("Users' homes.")] = field(default_factory=Storage)
    vault: Annotated[Vault, says("Secrets of users.")] = field(default_factory=Vault)
    mcp: Annotated[Mcp, says("Notebook servers as tools of AI assistants.")] = field(default_factory=Mcp)
    culling: Annotated[Culling, says("Ending servers that nobody uses.")] = field(default_factory=Culling)
    images: Annotated[Images, says("Notebook images.")] = field(default_factory=Images)
    monitoring: Annotated[Monitoring, says("Metrics, alerts, a dashboard.")] = field(default_factory=Monitoring)
    notebook: Annotated[Notebook, says("Every notebook server.")] = field(default_factory=Notebook)
    egress: Annotated[dict[Slug, Egress], says("Services that servers may reach.")] = field(default_factory=dict)
    ca: Annotated[Text | None, says("File of a private certificate authority, PEM.")] = None
    chart_values: ChartValues = field(default_factory=dict)
