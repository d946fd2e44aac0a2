"""What is open to a user by groups, and why what is asked for is not. Pure."""

from collections.abc import Collection
from typing import Any

from hub.refusal import NotStarted


def admits(groups: Collection[str], spawner: Any) -> bool:
    """Whether the spawner's user is in one of the groups; none of them stands for everybody."""
    return not groups or any(group.name in groups for group in spawner.user.groups)


def check_slug(slug: Any, known: Collection[str], offered: Collection[str], startable: Collection[str]) -> None:
    """Whether a user may ask for this profile.

    Args:
        known: the slugs there are; `offered`: those open to the user; `startable`: those of them worth naming.

    Raises:
        NotStarted: 400 when there is none of that name, 403 when it is for others.
    """
    choice = f"Choose one of: {', '.join(startable) or 'none'}."
    if slug not in known:
        raise NotStarted(400, f"There is no profile {slug!r} any more, or there never was. {choice}")
    if slug not in offered:
        raise NotStarted(403, f"Profile {slug!r} is for other groups of users. {choice}")
