"""A secret as environment variables, and back. Changes os.environ."""

import os
from collections.abc import Mapping

from buunstack.errors import InvalidValue
from buunstack.log import log
from buunstack.masked import without_inner_frames
from buunstack.store import SecretStore


@without_inner_frames
def get_env_from_secrets(secrets: SecretStore, key: str = "environment") -> list[str]:
    """Set the fields of the secret `key` as environment variables of this process; their names."""
    variables = {name: str(value) for name, value in secrets.get(key).items()}
    _check_variables(variables)
    os.environ.update(variables)
    log.info("set %d environment variables from secret %r", len(variables), key)
    return [*variables]


@without_inner_frames
def put_env_to_secrets(secrets: SecretStore, env_dict: Mapping[str, object], key: str = "environment") -> str:
    """Store `env_dict` as the whole secret `key`, its values as text; its path below the mount."""
    variables = {name: str(value) for name, value in env_dict.items()}
    _check_variables(variables)
    secrets.put(key, **variables)
    return secrets.path(key)


def _check_variables(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if not name or "=" in name or "\0" in name + value:
            raise InvalidValue(f"{name!r} cannot be an environment variable: its name or value is not possible there.")
