"""Notebook images: what they are built from, where they are kept. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, field

from spec.fields import Image, SecretReference, Section, Slug, Text, Url, says


class PackageGroups(Section, frozen=True):
    """Lists of Python packages, each a layer of its own, in this order."""

    core: Annotated[bool, says("pandas, SciPy, scikit-learn, statsmodels, plots, DuckDB.")] = True
    arrow: Annotated[bool, says("Apache Arrow and what reads its files.")] = True
    spark: Annotated[bool, says("PySpark, with Java.")] = True
    deep_learning: Annotated[bool, says("PyTorch, TensorFlow, Keras, Transformers.")] = True
    nlp: Annotated[bool, says("LangChain, spaCy, NLTK, clients of language models.")] = True
    databases: Annotated[bool, says("PostgreSQL, MySQL, Qdrant, S3 and others.")] = True
    clickhouse: Annotated[bool, says("ClickHouse's clients.")] = True
    mcp: Annotated[bool, says("The server of `mcp`.")] = True


class CustomImage(Section, frozen=True):
    """An image built from a folder of one's own."""

    context: Annotated[Text, says("The folder with the Dockerfile, seen from the stack file.", ["images/mine"])]
    dockerfile: Annotated[Text, says("Its name in the folder.")] = "Dockerfile"


class Images(Section, frozen=True):
    """Notebook images: where they are kept and how they are built."""

    registry: Annotated[Text, says("Where built images are pushed.")] = "localhost:30500"
    tag: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", description="Of built images.")] = (
        "python-3.12-28"
    )
    builder: Annotated[Literal["docker", "podman"], says("The program that builds; the variable DOCKER_CMD wins.")] = (
        "docker"
    )
    name: Annotated[Slug, says("Of the image of profile buun-stack.")] = "datastack-notebook"
    cuda_name: Annotated[Slug, says("Of the image of profile buun-stack-cuda.")] = "datastack-cuda-notebook"
    base: Annotated[Image | None, says("Instead of the default base image.")] = None
    cuda_base: Annotated[Image | None, says("Instead of the default base image of the CUDA one.")] = None
    python: Annotated[str, Meta(pattern=r"^3\.[0-9]{1,2}$", description="Python's version in the base images.")] = (
        "3.12"
    )
    groups: Annotated[PackageGroups, says("Package groups to switch off.")] = field(default_factory=PackageGroups)
    packages: Annotated[list[Text], says("Further Python packages.", [["xarray>=2025.1"]])] = field(
        default_factory=list
    )
    apt: Annotated[list[Text], says("Further packages of the base's distribution.", [["graphviz"]])] = field(
        default_factory=list
    )
    conda: Annotated[list[Text], says("Further conda packages, each with its version.", [["r-base=4.4.3"]])] = field(
        default_factory=list
    )
    torch_cuda: Annotated[
        str, Meta(pattern="^cu12[0-9]$", description="The CUDA version of PyTorch in the CUDA image.")
    ] = "cu128"
    torch_index: Annotated[Url, says("Where PyTorch's builds are; `cpu` or `torch_cuda` is added.")] = (
        "https://download.pytorch.org/whl"
    )
    spark_version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$", description="Of Apache Spark.")] = "4.0.1"
    spark_download_url: Annotated[
        Url | None, says("A mirror of Apache Spark, instead of the Python package's own Spark.")
    ] = None
    spark_sha512: Annotated[
        Annotated[str, Meta(pattern="^[0-9a-f]{128}$")] | None,
        says("Of the archive that `spark_download_url` gives."),
    ] = None
    package_index: Annotated[Url | None, says("Instead of the public Python index.")] = None
    secrets: Annotated[
        dict[Slug, SecretReference],
        says("Mounted while an image is built, never kept in it; `netrc` has the logins of indexes and mirrors."),
    ] = field(default_factory=dict)
    build_args: Annotated[dict[str, str], says("Further build arguments.")] = field(default_factory=dict)
    build_network: Annotated[Text | None, says("The network of a build.", ["host"])] = None
    build_proxy: Annotated[Url | None, says("The HTTP proxy of a build.", ["http://proxy.example.net:3128"])] = None
    no_proxy: Annotated[list[Text], says("Hosts that a build reaches without the proxy.")] = field(default_factory=list)
    plain_http: Annotated[bool, says("The registry speaks HTTP; loopback ones may without this.")] = False
    mirror: Annotated[
        Text | None,
        says(
            "Kubernetes: the registry that every image is pulled from, the chart's own too, there under its path.",
            ["registry.internal:5000"],
        ),
    ] = None
    pull_secrets: Annotated[
        list[Slug],
        says("Kubernetes: existing Secrets with which nodes pull images (`kubectl create secret docker-registry`)."),
    ] = field(default_factory=list)
    custom: Annotated[dict[Slug, CustomImage], says("Images built from folders of one's own.")] = field(
        default_factory=dict
    )
