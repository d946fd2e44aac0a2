"""Which account of the provider owns which user name: kept in the hub's database, longer than the user.

A provider gives a freed name to the next person; home and secrets are kept under it. What binds a name is the
account's unchanging `sub` (OpenID Connect Core 1.0, section 2), apart from the sign-in state, which may get lost.
"""

import uuid
from typing import Any

from sqlalchemy import Column, Unicode
from sqlalchemy.orm import declarative_base

_Base = declarative_base()


class Binding(_Base):  # type: ignore[misc,valid-type]
    """A user name and its owner."""

    __tablename__ = "stack_login_bindings"

    name = Column(Unicode(255), primary_key=True)
    issuer = Column(Unicode(1023), nullable=False)
    subject = Column(Unicode(255), nullable=False)
    session = Column(Unicode(255), nullable=False, default="")
    """The provider's name of the last sign-in."""


def make_table(db: Any) -> None:
    """Make the table in the session's database where it is missing."""
    _Base.metadata.create_all(db.get_bind(), [Binding.__table__])


class Bindings:
    """The table, in one session of the hub's database."""

    def __init__(self, db: Any) -> None:
        """Args: db: a session of SQLAlchemy; `make_table` has been called for its database."""
        self._db = db

    def admits(self, name: str, issuer: str, subject: str) -> bool:
        """Whether the name is this account's, or nobody's yet."""
        found = self._db.get(Binding, name)
        if found is None:
            return True
        return bool(found.subject == subject and (found.issuer == issuer or _is_unique(subject)))

    def is_bound(self, name: str) -> bool:
        """Whether any account has the name."""
        return self._db.get(Binding, name) is not None

    def bind(self, name: str, issuer: str, subject: str, session: str) -> bool:
        """Give the name to this account unless another one has it; whether the account has it now."""
        if not self.admits(name, issuer, subject):
            return False
        self._db.merge(Binding(name=name, issuer=issuer, subject=subject, session=session))
        self._db.commit()
        return True

    def release(self, name: str) -> bool:
        """Take the name from its account: the next who signs in with it gets it. Whether somebody had it."""
        found = self._db.get(Binding, name)
        if found is None:
            return False
        self._db.delete(found)
        self._db.commit()
        return True

    def names(self) -> list[str]:
        """All names that are bound."""
        return sorted(name for (name,) in self._db.query(Binding.name))

    def names_of(self, issuer: str, subject: str, session: str) -> list[str]:
        """The names of an account, or of a sign-in where no account is given."""
        owned: Any = Binding.subject == subject if subject else Binding.session == session
        found = self._db.query(Binding).filter(owned)
        return sorted(one.name for one in found if one.issuer == issuer or _is_unique(subject))


def _is_unique(subject: str) -> bool:
    """Whether the account is known by this alone: a provider that moves to another address keeps its UUIDs."""
    try:
        return str(uuid.UUID(subject)) == subject
    except ValueError:
        return False
