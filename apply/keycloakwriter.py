"""Write to a realm: one declared object, or a user's password."""

from apply.keycloak import Keycloak
from apply.keycloakobjects import KeycloakObject, Seen, merged
from apply.keycloakreading import default_scopes, group_id, path_of, user_of
from spec.errors import StackError


class Writer:
    """Writes to one realm, of which somebody has looked at what it has."""

    def __init__(self, keycloak: Keycloak, realm: str, seen: Seen) -> None:
        """Args: seen: the answers that the objects were compared with."""
        self._keycloak, self._realm, self._seen = keycloak, realm, seen

    def write(self, one: KeycloakObject) -> None:
        """Make it as it is declared.

        Raises:
            Conflict: somebody else made it meanwhile.
            StackError: Keycloak refuses, or does not answer.
        """
        writers = {
            "realm": self._write_realm,
            "client": self._write_client,
            "scopes": self._write_scopes,
            "mapper": self._write_mapper,
            "group": self._write_group,
            "user": self._write_user,
        }
        writers[one.kind](one)

    def _write_realm(self, one: KeycloakObject) -> None:
        self._keycloak.put(self._path(), one.body)  # of a realm a part may be sent

    def _write_client(self, one: KeycloakObject) -> None:
        if one.live is None:
            self._keycloak.post(self._path("clients"), one.body)
        else:
            self._keycloak.put(self._path("clients", one.live["id"]), merged(one.live, one.body))

    def _write_scopes(self, one: KeycloakObject) -> None:
        """Keycloak ignores them in a client that is there."""
        client, wanted = self._client_id(), set(one.body["names"])
        known = {scope["name"]: scope["id"] for scope in self._keycloak.get(self._path("client-scopes")) or []}
        if lacking := sorted(wanted - known.keys()):
            message = f"realm {self._realm} has no client scope {', '.join(lacking)}"
            raise StackError(message, "every new realm has it: its administrator has to make it anew")
        for scope in default_scopes(self._keycloak, self._realm, client):
            if scope["name"] not in wanted:
                self._keycloak.delete(self._path("clients", client, "default-client-scopes", scope["id"]))
        for name in sorted(wanted - set(self._seen.scopes)):
            self._keycloak.put(self._path("clients", client, "default-client-scopes", known[name]))

    def _write_mapper(self, one: KeycloakObject) -> None:
        path = ("clients", self._client_id(), "protocol-mappers", "models")
        if one.live is None:
            self._keycloak.post(self._path(*path), one.body)
        else:
            self._keycloak.put(self._path(*path, one.live["id"]), merged(one.live, one.body))

    def _write_group(self, one: KeycloakObject) -> None:
        above, _, name = one.name.rpartition("/")
        path = self._path("groups", self._group_id(above), "children") if above else self._path("groups")
        self._keycloak.post(path, {"name": name})

    def _write_user(self, one: KeycloakObject) -> None:
        if one.live is None:
            body = {name: value for name, value in one.body.items() if name != "groups"}
            self._keycloak.post(self._path("users"), body)
        user = user_of(self._keycloak, self._realm, one.name)
        assert user is not None, "it was made or seen a moment ago"
        present = set((one.live or {}).get("groups", ()))
        for path in sorted(set(one.body["groups"]) - present):
            self._keycloak.put(self._path("users", user["id"], "groups", self._group_id(path)))

    def _client_id(self) -> str:
        assert self._seen.client is not None, "what belongs to a client is compared only where there is one"
        return str(self._seen.client["id"])

    def _group_id(self, path: str) -> str:
        found = group_id(self._keycloak, self._realm, path)
        if found is None:
            raise StackError(f"group {path} is not in Keycloak any more", "run the same command again")
        return found

    def _path(self, *segments: str) -> str:
        return path_of(self._realm, *segments)


def set_password(keycloak: Keycloak, realm: str, user: str, password: str, *, temporary: bool) -> None:
    """Give a user (by its id) a password; a temporary one is changed by the next sign-in.

    Raises:
        StackError: Keycloak does not answer, or refuses.
    """
    body = {"type": "password", "value": password, "temporary": temporary}
    keycloak.put(path_of(realm, "users", user, "reset-password"), body)
