"""The Keycloak that install runs on one machine, so that the whole login can be tried there. Pure."""

from typing import Any

from render.login import KEYCLOAK_URL
from render.parts import STATE, part

BOOTSTRAP_CLIENT = "buunstack-bootstrap"
"""The service account of Keycloak's first start, which makes the installer's own and then goes."""
BOOTSTRAP_SECRET, INSTALLER_SECRET = "keycloak-bootstrap-secret", "keycloak-installer-secret"
_JVM = (
    "-XX:+UseSerialGC -Xms64m -Xmx256m -XX:TieredStopAtLevel=1 -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m "
    "-Dfile.encoding=UTF-8 -XX:+ExitOnOutOfMemoryError"
)
"""Small and soon ready (measured: 316 MiB and 10 s, against 450 MiB and 21 s as delivered). All of it, since the
delivered script chooses a garbage collector, and two make the JVM end."""
_DATABASE = f"jdbc:h2:file:{STATE}/keycloak/keycloakdb;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE"


def keycloak_part() -> dict[str, Any]:
    """Ready when its own health says so: its port opens seconds before it can answer."""
    options = {
        "http-enabled": "true",
        "http-host": "127.0.0.1",
        "http-port": "@{keycloak_port}",
        "http-management-port": "@{keycloak_management_port}",
        "hostname": KEYCLOAK_URL,
        "cache": "local",
    }
    return part(
        "keycloak",
        ["@{keycloak}/bin/kc.sh", "start", "--optimized", *(f"--{name}={value}" for name, value in options.items())],
        environment={
            "JAVA_HOME": "@{java_home}",
            "JAVA_OPTS": _JVM,
            "KC_DB_URL": _DATABASE,
            "KC_BOOTSTRAP_ADMIN_CLIENT_ID": BOOTSTRAP_CLIENT,
        },
        environment_files={"KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": f"{STATE}/secrets/{BOOTSTRAP_SECRET}"},
        ready={"url": "http://127.0.0.1:@{keycloak_management_port}/health/ready", "ca": None, "status": [200]},
    )
