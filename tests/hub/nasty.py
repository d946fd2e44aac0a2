"""User names that break things: wildcards, templates, quoting, case, paths, and what Unicode folds together."""

NAMES = [
    *("alice", "bob", "Alice", "ALICE", "aLiCe", "+", "*", "a+b@x.org", "bob/*", "*/k", "+/k"),
    *("..", ".", ".hidden", "...", "a.", "al ice", " ", "tab\tname", "new\nline", "nul\0byte"),
    *("böb", "Алиса", "É", "é", "bo\u212a", "bok", "\u202eecila", "x" * 2000, "🦊"),
    *('x" {}', "{{identity.entity.id}}", "}}", "%2f", "%2e%2e", "#frag", "?query", "a=b", "=61", "a\\b", "$(id)", "'"),
]
