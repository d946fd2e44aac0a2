"""Per-user secrets in a notebook.

from buunstack import SecretStore

secrets = SecretStore()
secrets.put("api-keys", openai="sk-…", github="ghp_…")
secrets.get("api-keys", field="openai")
"""

from buunstack.environment import get_env_from_secrets, put_env_to_secrets
from buunstack.errors import (
    BadSetting,
    CertificateNotTrusted,
    Conflict,
    InvalidKey,
    InvalidValue,
    NotAllowed,
    SecretNotFound,
    SecretStoreError,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from buunstack.log import set_up_log
from buunstack.store import SecretStore

__all__ = [
    "BadSetting",
    "CertificateNotTrusted",
    "Conflict",
    "InvalidKey",
    "InvalidValue",
    "NotAllowed",
    "SecretNotFound",
    "SecretStore",
    "SecretStoreError",
    "SignInNeeded",
    "TooLarge",
    "Unavailable",
    "get_env_from_secrets",
    "put_env_to_secrets",
]
__version__ = "0.1.0"

set_up_log()
