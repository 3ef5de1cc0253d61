"""The cage of a stranger's file: a process that reads little, writes nothing, and ends at its limits."""
