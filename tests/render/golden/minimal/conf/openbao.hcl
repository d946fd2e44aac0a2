# Vault of the local target (OpenBao). `@{...}` stands for a value of this machine and is filled in by `inv install`.
ui                = false
api_addr          = "https://127.0.0.1:@{vault_port}"
cluster_addr      = "https://127.0.0.1:@{vault_cluster_port}"
log_level         = "warn"
default_lease_ttl = "768h"
max_lease_ttl     = "768h"

listener "tcp" {
  address         = "127.0.0.1:@{vault_port}"
  cluster_address = "127.0.0.1:@{vault_cluster_port}"
  tls_cert_file   = "@{state}/tls/vault.pem"
  tls_key_file    = "@{state}/secrets/vault-tls.key"
}

# The multiplier shortens the election timeouts, which one node never needs.
storage "raft" {
  path                   = "@{state}/bao"
  node_id                = "local"
  performance_multiplier = 1
}

# Unseals at each start, so a restart needs no key to be typed. The key lies beside the data: it protects a copy of
# the data folder, not against the owner of this account.
seal "static" {
  current_key_id = "1"
  current_key    = "file://@{state}/secrets/seal.key"
}

audit "file" "log" {
  options = {
    file_path = "@{state}/log/vault-audit.log"
    mode      = "0600"
  }
}

# Runs once, at the first start: the server's root token is revoked by the server itself and never seen.
initialize "stack" {
  request "secrets" {
    operation = "update"
    path      = "sys/mounts/secret"
    data      = { "type" = "kv", "options" = { "version" = "2" } }
  }
  request "policy" {
    operation = "update"
    path      = "sys/policies/acl/jupyterhub-deployer"
    data      = { "policy" = "# What `inv` may do in Vault for stack jupyterhub: keep its policies and the token role as\n# declared, and take back every notebook token at once. It reads no user's secret, makes no notebook token and cannot\n# change its own policy. Whoever may write the hub's policy can give it any right: keep this power for the installer.\npath \"sys/auth\" {\n  capabilities = [\"read\"]\n}\npath \"sys/policies/acl/jupyterhub-notebook-user\" {\n  capabilities = [\"update\", \"read\"]\n}\npath \"sys/policies/acl/jupyter-user-*\" {\n  capabilities = [\"update\", \"read\"]\n}\npath \"sys/policies/acl/jupyterhub-hub\" {\n  capabilities = [\"update\", \"read\"]\n}\npath \"auth/token/roles/jupyterhub-notebook\" {\n  capabilities = [\"create\", \"update\", \"read\"]\n}\npath \"sys/leases/revoke-prefix/auth/token/create/jupyterhub-notebook\" {\n  capabilities = [\"update\", \"sudo\"]\n}\npath \"auth/token/revoke-self\" {\n  capabilities = [\"update\"]\n}\n" }
  }
  request "hub-mount" {
    operation = "update"
    path      = "sys/auth/jupyterhub-hub"
    data      = { "type" = "jwt" }
  }
  request "hub-keys" {
    operation = "update"
    path      = "auth/jupyterhub-hub/config"
    data      = { "jwt_validation_pubkeys" = ["@{hub_public_key}"], "jwt_supported_algs" = ["EdDSA"] }
  }
  request "hub-role" {
    operation = "update"
    path      = "auth/jupyterhub-hub/role/hub"
    data      = { "role_type" = "jwt", "user_claim" = "sub", "bound_audiences" = ["vault"], "bound_subject" = "hub", "token_policies" = ["jupyterhub-hub"], "token_no_default_policy" = true, "token_type" = "service", "token_ttl" = "15m", "token_max_ttl" = "15m", "expiration_leeway" = "1s", "not_before_leeway" = "5s", "clock_skew_leeway" = "5s" }
  }
  request "deployer-mount" {
    operation = "update"
    path      = "sys/auth/jupyterhub-deployer"
    data      = { "type" = "jwt" }
  }
  request "deployer-keys" {
    operation = "update"
    path      = "auth/jupyterhub-deployer/config"
    data      = { "jwt_validation_pubkeys" = ["@{deployer_public_key}"], "jwt_supported_algs" = ["EdDSA"] }
  }
  request "deployer-role" {
    operation = "update"
    path      = "auth/jupyterhub-deployer/role/deployer"
    data      = { "role_type" = "jwt", "user_claim" = "sub", "bound_audiences" = ["vault"], "bound_subject" = "deployer", "token_policies" = ["jupyterhub-deployer"], "token_no_default_policy" = true, "token_type" = "service", "token_ttl" = "15m", "token_max_ttl" = "15m", "expiration_leeway" = "1s", "not_before_leeway" = "5s", "clock_skew_leeway" = "5s" }
  }
}
