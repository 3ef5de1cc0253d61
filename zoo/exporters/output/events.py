"""The event of a finished export, for extensions such as a tracker of experiments."""

from __future__ import annotations

from pathlib import Path

from zoo.registry.architectures import registry
from zoo.runs.run import Run
from zoo.runs.run_directory import run_info

__all__ = ["tell_extensions"]


def tell_extensions(run: Run | None, folder: Path) -> None:
    """Tell the extensions that a run is exported; nothing where the source is no run of the user's.

    Args:
        run: the run, or None.
        folder: of the exported files.

    Raises:
        PluginError: an extension fails. The files stay.
    """
    if run is not None and run.shipped is None:
        architecture = registry().get(str(run.record["architecture"]))
        architecture.notify("on_export_end", run=run_info(run), folder=folder)
