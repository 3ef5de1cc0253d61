"""The checks in pytest: one test for each check, and plug-ins that are registered for one test."""
