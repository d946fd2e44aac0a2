"""The choice of a profile where KubeSpawner does not offer it: the form, and what a choice means. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from tornado.escape import xhtml_escape

from hub.offer import admits, check_slug
from hub.refusal import NotStarted
from hub.settings import Profile

FIELD = "profile"
"""KubeSpawner's name for it, so that one client serves both targets."""

Apply = Callable[[Any, Profile], None]


class ProfileForm:
    """The profiles as JupyterHub's three hooks want them."""

    def __init__(self, profiles: tuple[Profile, ...], apply: Apply) -> None:
        """Args: apply: makes a spawner start this profile."""
        self._profiles = profiles
        self._apply = apply

    def html(self, spawner: Any) -> str:
        """`Spawner.options_form`: the choices open to this user, as a group for arrow keys."""
        offered = _offered(self._profiles, spawner)
        chosen = _preselected(offered, spawner.orm_spawner.user_options or {})
        choices = "".join(_choice(profile, profile is chosen) for profile in offered)
        if chosen is None:
            choices += (
                '<p class="alert alert-warning" role="alert">No profile can be started here. '
                "An administrator can enable one in the stack's file.</p>"
            )
        return f'<fieldset class="mb-3"><legend>Choose a profile</legend>{choices}</fieldset>'

    @staticmethod
    def options(form: Mapping[str, list[str]]) -> dict[str, str]:
        """`Spawner.options_from_form`: only the profile; the form holds more that must not be remembered."""
        return {FIELD: form[FIELD][0]} if form.get(FIELD) else {}

    def apply(self, spawner: Any, options: Mapping[str, Any]) -> None:
        """`Spawner.apply_user_options`: what came from the form, the API or an earlier start is checked here.

        Raises:
            NotStarted: 400 or 403, with a sentence for the user.
        """
        if unknown := sorted(str(key) for key in options if key != FIELD):
            raise NotStarted(400, f"Unknown option {unknown[0]!r}: a server is started with {FIELD!r} alone.")
        self._apply(spawner, self._profile(spawner, options.get(FIELD)))

    def _profile(self, spawner: Any, slug: Any) -> Profile:
        offered = _offered(self._profiles, spawner)
        startable = [profile.slug for profile in offered if profile.available]
        if slug is None:
            profile = _preselected(offered, {})
            if profile is None:
                raise NotStarted(400, "No profile can be started here; an administrator can enable one.")
            return profile
        known = {profile.slug: profile for profile in self._profiles}
        check_slug(slug, list(known), [profile.slug for profile in offered], startable)
        profile = known[slug]
        if not profile.available:
            choice = ", ".join(startable) or "none"
            raise NotStarted(
                400, f"Profile {slug!r} cannot be started here: {profile.reason}. Choose one of: {choice}."
            )
        return profile


def _offered(profiles: tuple[Profile, ...], spawner: Any) -> list[Profile]:
    return [profile for profile in profiles if admits(profile.groups, spawner)]


def _preselected(offered: list[Profile], last: Mapping[str, Any]) -> Profile | None:
    """The profile of the last start, else the default, else the first that can be started."""
    open_ones = [profile for profile in offered if profile.available]
    open_ones.sort(key=lambda profile: (profile.slug != last.get(FIELD), not profile.default))
    return open_ones[0] if open_ones else None


def _choice(profile: Profile, chosen: bool) -> str:
    slug, name, about = map(xhtml_escape, (profile.slug, profile.display_name, profile.description))
    state = " checked required" if chosen else " required" if profile.available else " disabled"
    reason = "" if profile.available else f"<br>Not available here: {xhtml_escape(profile.reason)}"
    return (
        f'<div class="form-check mb-2"><input class="form-check-input" type="radio" name="{FIELD}"'
        f' id="profile-{slug}" value="{slug}" aria-describedby="profile-{slug}-about"{state}>'
        f'<label class="form-check-label" for="profile-{slug}"><strong>{name}</strong></label>'
        f'<div class="form-text" id="profile-{slug}-about">{about}{reason}</div></div>'
    )
