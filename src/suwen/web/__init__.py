"""The pages and the HTTP API: server-rendered, strict, and the same facts at both doors."""
