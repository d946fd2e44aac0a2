"""Profiles that are closed to others also at the API: KubeSpawner's list, narrowed for each user. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from slugify import slugify

from hub.form import FIELD
from hub.offer import admits, check_slug
from hub.refusal import NotStarted

_UNLISTED = "unlisted-choice"
"""KubeSpawner's word: as a value it stands for the text in the field `OPTION--unlisted-choice`."""


class ProfileList:
    """The configured profiles, offered and checked by the groups of a spawner's user."""

    def __init__(self, profiles: list[dict[str, Any]], groups: Mapping[str, tuple[str, ...]]) -> None:
        """Args: groups: slug -> who may use the profile; nobody in particular without an entry."""
        self._profiles = [{"slug": slugify(profile["display_name"]), **profile} for profile in profiles]
        self._groups = groups

    def offered(self, spawner: Any) -> list[dict[str, Any]]:
        """`KubeSpawner.profile_list`: what this user may start."""
        return [profile for profile in self._profiles if admits(self._groups.get(profile["slug"], ()), spawner)]

    def check(self, spawner: Any, options: Mapping[str, Any]) -> None:
        """Whether these options, from the form, the API or an earlier start, are open to this user.

        KubeSpawner itself lets unknown options pass, and a start without any profile where none is offered.

        Raises:
            NotStarted: 403 when it is closed to them, 400 when there is no such thing.
        """
        offered = {profile["slug"]: profile for profile in self.offered(spawner)}
        if not offered:
            raise NotStarted(403, "No profile is open to you here; an administrator can open one.")
        slug = options.get(FIELD)
        if slug:
            check_slug(slug, [profile["slug"] for profile in self._profiles], list(offered), list(offered))
            profile = offered[slug]
        else:
            profile = next((one for one in offered.values() if one.get("default")), next(iter(offered.values())))
        _check_choices(profile, {key: value for key, value in options.items() if key != FIELD})


def _check_choices(profile: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    known = profile.get("profile_options") or {}
    for key, value in options.items():
        name = key.removesuffix(f"--{_UNLISTED}")
        if name not in known:
            words = ", ".join(known) or "no options"
            raise NotStarted(400, f"Unknown option {key!r}: profile {profile['slug']!r} has {words}.")
        if not isinstance(value, str):
            raise NotStarted(400, f"Option {key!r} must be a text.")
        if not value:
            continue
        if key == name:
            _check_listed(name, value, known[name], options)
        else:
            _check_unlisted(name, value, known[name])


def _check_listed(name: str, value: str, option: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    choices = option.get("choices") or {}
    if value in choices or (value == _UNLISTED and options.get(f"{name}--{_UNLISTED}")):
        return
    raise NotStarted(400, f"There is no choice {value!r} of {name!r}. Choose one of: {', '.join(choices) or 'none'}.")


def _check_unlisted(name: str, value: str, option: Mapping[str, Any]) -> None:
    rule = option.get("unlisted_choice") or {}
    if not rule.get("enabled"):
        raise NotStarted(400, f"Option {name!r} takes only what is listed: {', '.join(option.get('choices') or {})}.")
    pattern = rule.get("validation_regex")
    # KubeSpawner looks at the start of the text alone.
    if pattern and not re.fullmatch(pattern, value):
        raise NotStarted(400, str(rule.get("validation_message") or f"{value!r} does not fit what {name!r} may be."))
