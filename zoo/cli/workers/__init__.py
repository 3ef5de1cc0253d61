"""The commands that spread over workers: `zoo sweep`, and `zoo apply --workers`."""
