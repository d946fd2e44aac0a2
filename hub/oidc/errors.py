"""What can go wrong between the hub and the provider, and the pages that say so."""

from tornado import web

NOT_STARTED = {
    "expired": "{user} has to sign in (again) before a server can start.",
    "not-allowed": "{user} may not use this platform any more, or the groups have changed; sign in to see why.",
    "away": "The sign-in service is away for too long, so nobody can say whether {user} may have a server.",
}
"""Why the session has ended -> what somebody reads whose server does not start."""


class ProviderError(Exception):
    """The provider did not do what it was asked for."""


class ProviderAway(ProviderError):
    """No answer, or none that counts: it may be there again in a minute. Sessions go on for a while."""


class SecretRefused(ProviderAway):
    """The provider does not take the hub's own secret: nobody's fault who is signed in."""


class ProviderRefused(ProviderError):
    """The provider answers, and says no: to this sign-in, or to this user."""


class LoginPage(web.HTTPError):
    """An error page in plain words, whose title and text are for the person before the screen."""

    def __init__(self, status: int, title: str, text: str) -> None:
        """Args: title: the page's heading. text: what happened and what to do, without anything typed elsewhere."""
        super().__init__(status, "%s", text)
        self.title = title
        self.jupyterhub_message = text


def away_page(service: str) -> LoginPage:
    """The provider does not answer."""
    text = (
        f"{service} does not answer, so nobody can sign in at the moment. Try again in a minute. "
        "Servers that are running go on, and whoever is signed in stays signed in for a while."
    )
    return LoginPage(503, "The sign-in service is away", text)


def secret_page(service: str) -> LoginPage:
    """The provider does not know this hub any more."""
    text = (
        f"{service} does not accept this platform's own credentials, so nobody can sign in until an administrator "
        "has put that right (inv doctor tells more). Servers that are running go on."
    )
    return LoginPage(503, "The sign-in service refuses this platform", text)


def stranger_page(name: str, title: str, groups: list[str]) -> LoginPage:
    """Somebody whom the provider knows, and who may not come in."""
    if not groups:
        asked = "Ask an administrator to admit you."
    elif len(groups) == 1:
        asked = f"Ask an administrator for membership in the group {groups[0]}."
    else:
        asked = f"Ask an administrator for membership in one of the groups {', '.join(groups[:-1])} or {groups[-1]}."
    return LoginPage(403, "Your account is not allowed here", f"The account {name} may not use {title}. {asked}")


def recycled_page(name: str) -> LoginPage:
    """Another account has the name that somebody's home and secrets are kept under."""
    text = (
        f"Home and secrets of {name} belong to another account that had this name before. An administrator who is "
        f"sure that they may be yours can give them to you (inv auth.release {name})."
    )
    return LoginPage(403, "This name belongs to another account", text)


def unusable_name_page() -> LoginPage:
    """A name that this hub takes from nobody."""
    text = (
        "Your account has a user name that cannot be used here: too long, or with characters that are not taken. "
        "Ask an administrator to change it."
    )
    return LoginPage(403, "Your user name cannot be used here", text)


def unfinished_page() -> LoginPage:
    """The answer of the provider does not belong to a sign-in of this browser."""
    text = (
        "This sign-in was begun in another window or took too long, or cookies are switched off in this browser. "
        "Begin again."
    )
    return LoginPage(400, "The sign-in was not finished", text)


def declined_page(service: str) -> LoginPage:
    """The provider sent the browser back without a sign-in."""
    return LoginPage(403, "You are not signed in", f"{service} has ended the sign-in. Begin again, or ask for help.")
