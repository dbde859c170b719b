"""How our findings compare with hadolint's and BuildKit's, rule by rule: `make compat`."""
