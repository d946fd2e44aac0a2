"""Changes of the stack's own tables in the hub's database, through the hub's one session."""

from typing import Any


def change(db: Any, statement: Any) -> None:
    """Execute and commit; a failure leaves the hub its session.

    Args:
        db: JupyterHub's SQLAlchemy session.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: nothing is changed.
    """
    try:
        db.execute(statement)
        db.commit()
    except BaseException:
        db.rollback()  # else the hub could not use its session any more
        raise
