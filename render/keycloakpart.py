"""The Keycloak that install runs on one machine, so that the whole login can be tried there. Pure."""

from typing import Any

from render.login import KEYCLOAK_URL
from render.parts import STATE, part

BOOTSTRAP_CLIENT = "buunstack-bootstrap"
"""The service account of Keycloak's first start, which makes the realm and the installer's own account."""
BOOTSTRAP_SECRET, INSTALLER_SECRET = "keycloak-bootstrap-secret", "keycloak-installer-secret"
_QUARKUS = "io.quarkus.bootstrap"
_JVM = (
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms64m", "-Xmx256m", "-XX:MetaspaceSize=96M"),
    *("-XX:MaxMetaspaceSize=256m", "-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8"),
    *("-Duser.language=en", "-Duser.country=US", "--enable-native-access=ALL-UNNAMED"),
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("util", "util.concurrent", "security", "lang")),
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={_QUARKUS}.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    *("-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-Dpicocli.disable.closures=true"),
)
"""A small heap that starts quickly, and what bin/kc.sh gives besides; without that script there is no second process
that a signal could miss."""


def keycloak_part() -> dict[str, Any]:
    """Ready when its own health says so: its port opens seconds before it can answer."""
    health = "http://127.0.0.1:@{keycloak_management_port}/health/ready"
    ports = ("@{keycloak_port}", "@{keycloak_management_port}")
    return part(
        "keycloak",
        server_command("@{java}", f"{STATE}/keycloak", *ports, f"--hostname={KEYCLOAK_URL}"),
        environment={"KC_BOOTSTRAP_ADMIN_CLIENT_ID": BOOTSTRAP_CLIENT},
        environment_files={"KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": f"{STATE}/secrets/{BOOTSTRAP_SECRET}"},
        ready={"url": health, "ca": None, "status": [200]},
    )


def server_command(java: str, home: str, port: str, management_port: str, *options: str) -> list[str]:
    """The command of one server on loopback; `http://127.0.0.1:MANAGEMENT_PORT/health/ready` says when it is ready.

    Args:
        java: the program.
        home: links to the built distribution beside the server's own data.
        options: further ones of `kc.sh start`.
    """
    return [
        *(java, *_JVM, f"-Djava.io.tmpdir={home}/tmp"),  # noqa: S108 - not the shared one
        *(f"-Dkc.home.dir={home}", f"-Djboss.server.config.dir={home}/conf"),
        *("-cp", f"{home}/lib/quarkus-run.jar", f"{_QUARKUS}.runner.QuarkusEntryPoint"),
        *("start", "--optimized", "--cache=local", "--hostname-strict=false"),
        *("--http-enabled=true", "--http-host=127.0.0.1", f"--http-port={port}"),
        *("--http-management-scheme=http", f"--http-management-port={management_port}", *options),
    ]
