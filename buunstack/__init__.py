"""Per-user secrets in a notebook.

from buunstack import SecretStore

secrets = SecretStore()
secrets.put("api-keys", openai="sk-…", github="ghp_…")
secrets.get("api-keys", field="openai")
"""

from buunstack.asynchronous import AsyncSecretStore, AsyncSharedSecrets
from buunstack.environment import get_env_from_secrets, put_env_to_secrets
from buunstack.errors import (
    BadSetting,
    CertificateNotTrusted,
    Conflict,
    InvalidKey,
    InvalidValue,
    NotAllowed,
    ReadOnly,
    SecretNotFound,
    SecretStoreError,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from buunstack.log import set_up_log
from buunstack.magics import load_ipython_extension, unload_ipython_extension
from buunstack.shared import SharedSecrets
from buunstack.store import SecretStore
from buunstack.versions import Version

__all__ = [
    "AsyncSecretStore",
    "AsyncSharedSecrets",
    "BadSetting",
    "CertificateNotTrusted",
    "Conflict",
    "InvalidKey",
    "InvalidValue",
    "NotAllowed",
    "ReadOnly",
    "SecretNotFound",
    "SecretStore",
    "SecretStoreError",
    "SharedSecrets",
    "SignInNeeded",
    "TooLarge",
    "Unavailable",
    "Version",
    "get_env_from_secrets",
    "load_ipython_extension",
    "put_env_to_secrets",
    "unload_ipython_extension",
]
__version__ = "0.1.0"

set_up_log()
