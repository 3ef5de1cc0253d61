"""The folder of an export: whether it may be replaced, what is moved into it, and what has changed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ExportError, RunError, UsageError
from zoo.exporters.readme import readme
from zoo.exporters.report import ExportedFile, Report
from zoo.exporters.trust.signature import SIGNATURE, sign_folder
from zoo.inference.known_exports import remember_export
from zoo.io.atomic import make_directory, replace_directory
from zoo.io.digest import file_digest, size_on_disk
from zoo.io.recovery import recover, remove_left_over

if TYPE_CHECKING:
    from zoo.exporters.sources import Source

_FACTS = {"report.json", "probe.npz", "README.md", SIGNATURE}


def publish_files(
    report: Report, temporary: Path, folder: Path, sign: str | Path | None = None
) -> None:
    """Rename the files that are publishable into place, with the report, the probe and a README.

    Args:
        report: on all files.
        temporary: the folder that has them.
        folder: of the export; what is there is replaced.
        sign: the private key that the folder is signed with, if it is signed.
    """
    ready = temporary / "ready"
    ready.mkdir()
    published = replace(report, files=tuple(file for file in report.files if file.is_publishable))
    for name in [*(name for file in published.files for name in file.paths), "probe.npz"]:
        (ready / name).parent.mkdir(exist_ok=True)  # of a SavedModel, PART/1
        os.rename(temporary / name, ready / name)
    (ready / "report.json").write_text(json.dumps(published.to_json(), indent=2) + "\n", "utf-8")
    (ready / "README.md").write_text(readme(published), "utf-8")
    if sign is not None:
        sign_folder(ready, Path(sign))
    replace_directory(ready, folder)
    remember_export(folder)


def free_folder(source: Source, out: str | Path | None) -> Path:
    """Return the folder of an export, in which nothing but an earlier export is.

    Args:
        source: what is exported.
        out: the folder; the source's own if not given.

    Raises:
        UsageError: it holds something else, or is not named for a model that is no run.
    """
    folder = Path(out).expanduser() if out is not None else source.folder
    if folder is None:
        raise UsageError(
            f"{source.name} is no run, so its export has no folder of its own. "
            "Name one: --out DIR, in Python out=DIR."
        )
    _check_free(folder)
    make_directory(folder.parent)
    return folder


def _check_free(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an earlier export.

    What a killed export left beside it is removed, and an earlier one that it moved aside comes back.

    Raises:
        UsageError: it is a file, or holds something else.
    """
    recover(folder)
    remove_left_over(folder.parent)
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


def check_probe(report: Report) -> None:
    """Refuse an export whose probe.npz is not the one that was written; an old report has no digest of it.

    Raises:
        RunError: it is missing.
        ExportError: it is another one.
    """
    path = report.folder / "probe.npz"
    if not path.is_file():
        raise RunError(f"{report.folder} holds no probe.npz, so there is nothing to compare with.")
    if report.probe_sha256 and file_digest(path) != report.probe_sha256:
        raise ExportError(f"{path} is not the file that was written. No file was run.")


def is_unchanged(folder: Path, file: ExportedFile) -> bool:
    """Return whether the bytes of a file, and of what lies beside it, are those that were written.

    The size is compared first: a file of other bytes may be as large as the disk. An old report has no
    digest of the test sets.
    """
    sizes = [size_on_disk(folder / name) for name in (file.path, file.data) if name]
    if file.bytes and sum(sizes) != file.bytes:
        return False
    digests = {file.path: file.sha256, file.data: file.data_sha256}
    if file.test_data_sha256:
        digests[file.test_data] = file.test_data_sha256
    return all(
        (folder / name).exists() and file_digest(folder / name) == digest
        for name, digest in digests.items()
        if name
    )
