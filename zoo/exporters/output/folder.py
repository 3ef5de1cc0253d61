"""The folder of an export: whether it may be replaced, what is moved into it, and what has changed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from zoo.errors import UsageError
from zoo.exporters.readme import readme
from zoo.exporters.report import ExportedFile, Report
from zoo.io.atomic import replace_directory
from zoo.io.digest import file_digest

_FACTS = {"report.json", "probe.npz", "README.md"}


def publish_files(report: Report, temporary: Path, folder: Path) -> None:
    """Rename the files that are publishable into place, with the report, the probe and a README."""
    ready = temporary / "ready"
    ready.mkdir()
    published = replace(report, files=tuple(file for file in report.files if file.is_publishable))
    for name in [*(name for file in published.files for name in file.paths), "probe.npz"]:
        (ready / name).parent.mkdir(exist_ok=True)  # of a SavedModel, PART/1
        os.rename(temporary / name, ready / name)
    (ready / "report.json").write_text(json.dumps(published.to_json(), indent=2) + "\n", "utf-8")
    (ready / "README.md").write_text(readme(published), "utf-8")
    replace_directory(ready, folder)


def check_free(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an earlier export.

    Raises:
        UsageError: it is a file, or holds something else.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give a folder.")
    present = {item.name for item in folder.iterdir()}
    if not present:
        return
    if "report.json" not in present:
        raise UsageError(
            f"{folder} is not empty and holds no export. Give a new or an empty folder."
        )
    ours = _FACTS | {
        Path(name).parts[0] for file in Report.read(folder).files for name in file.paths
    }
    if others := sorted(present - ours):
        raise UsageError(
            f"{folder} holds {others[0]!r} beside an export, and an export replaces the whole folder. "
            "Give a new folder."
        )


def is_unchanged(folder: Path, file: ExportedFile) -> bool:
    """Return whether the bytes of a file, and of the file beside it, are those that were written."""
    digests = zip((file.path, file.data), (file.sha256, file.data_sha256), strict=False)
    return all(
        (folder / name).exists() and file_digest(folder / name) == digest
        for name, digest in digests
        if name
    )
