"""Login with an OpenID Connect provider: Keycloak, or any other one. Left out where users have passwords of the hub."""
