"""The command `zoo sweep`, and how trials are shown."""
