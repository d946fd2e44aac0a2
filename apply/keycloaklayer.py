"""The Keycloak part of a stack: looked at as the installer, planned and written."""

from typing import TYPE_CHECKING, Any

from apply import keycloakobjects
from apply.keycloak import Conflict, Keycloak
from apply.keycloakobjects import KeycloakObject
from apply.keycloakreading import observed
from apply.keycloakrights import refuse_too_weak
from apply.keycloakwriter import Writer
from apply.plan import Change
from spec.errors import AppliedInPart, StackError

if TYPE_CHECKING:
    from apply.target import Tell

_ROUNDS = 3
"""The first writes; the second proves it, and mends what came between; a third is for what came between that."""


def examine(keycloak: Keycloak, declared: dict[str, Any], secret: str | None) -> tuple[list[Change], tuple[str, ...]]:
    """What would change in Keycloak, and warnings; writes nothing, and needs no role that may.

    Args:
        declared: what `render.keycloak` wants.
        secret: that the client should have; None to leave it alone.

    Raises:
        StackError: Keycloak does not answer, or the installer may not look at all of it.
    """
    refuse_too_weak(keycloak, declared["manage"], "plan")
    seen = observed(keycloak, declared)
    found = keycloakobjects.objects(declared, seen, secret)
    return keycloakobjects.changes(found), keycloakobjects.warnings(declared, seen)


def write(keycloak: Keycloak, declared: dict[str, Any], secret: str | None, tell: "Tell") -> list[Change]:
    """Make Keycloak agree, and look again whether it does; what was written.

    Raises:
        StackError: Keycloak does not answer, the installer may not do all of it, or the first write is refused.
        AppliedInPart: a later one is refused.
    """
    refuse_too_weak(keycloak, declared["manage"], "apply")
    made: dict[str, Change] = {}
    done: list[str] = []
    reason = ""
    for _ in range(_ROUNDS):
        seen = observed(keycloak, declared)
        found = keycloakobjects.objects(declared, seen, secret)
        left = keycloakobjects.changes(found)
        if not left:
            return list(made.values())
        made = {change.what: change for change in left} | made
        writer = Writer(keycloak, declared["realm"], seen)
        reason = _take(writer, keycloakobjects.differing(found), done, tell)
    names = ", ".join(change.what for change in left)
    message = reason or f"Keycloak does not keep what is written: {names}"
    raise _failure(message, "does something else change it too? inv auth.show says what differs", done)


def _take(writer: Writer, todo: list[KeycloakObject], done: list[str], tell: "Tell") -> str:
    """Write; what was in the way when somebody else was quicker: the next round reads it and compares.

    Args:
        done: grows by what was written, also by a call that fails.
    """
    for one in todo:
        tell(f"login: writing {one.title}")
        try:
            writer.write(one)
        except Conflict as error:
            return error.message
        except StackError as error:
            if not done:
                raise
            raise _failure(error.message, error.hint, done) from error
        done.append(one.title)
    return ""


def _failure(message: str, hint: str, done: list[str]) -> StackError:
    if not done:
        return StackError(message, hint)
    return AppliedInPart(f"{message}\nwritten in Keycloak before: {', '.join(dict.fromkeys(done))}", hint)
