"""The commands about plug-ins: new, check, plugins and doctor."""
