"""Validate the settings of catalog entries against the config of their architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import CatalogError, SettingError, UnknownName
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry

if TYPE_CHECKING:
    from zoo.config import Config


def entry_config(entry: Entry) -> Config:
    """Return the config of a model: its architecture's defaults with the entry's settings.

    Raises:
        CatalogError: a setting is unknown, of the wrong type or out of range; the message names the
            package, the file and the entry.
        PluginError: the architecture cannot be loaded.
    """
    architecture = registry().get(entry.architecture)
    try:
        return architecture.defaults().replace(**entry.settings)
    except (UnknownName, SettingError) as error:
        raise CatalogError(f"{entry.place}: {error}") from error


def check_catalog_settings(architecture: str) -> None:
    """Validate the settings of every catalog entry of an architecture, without data.

    Args:
        architecture: the name of an installed architecture.

    Raises:
        CatalogError: settings of an entry are wrong, or the catalog of the architecture's package cannot
            be read. The message has one line for each problem.
    """
    package = registry().get(architecture).package
    problems = [each for each in catalog().problems if each.startswith(f"{package}: ")]
    for entry in catalog().find(f"{architecture}.*"):
        try:
            entry_config(entry)
        except CatalogError as error:
            problems.append(str(error))
    if problems:
        raise CatalogError("\n".join(problems))
