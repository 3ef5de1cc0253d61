"""A finished run as one weights file, and the facts that the catalog keeps about it."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo.entry_points import ARCHITECTURES, EntryPointGroup
from zoo.errors import RunError, UsageError
from zoo.io.atomic import atomic_write
from zoo.io.digest import file_digest
from zoo.io.printable import printable
from zoo.publication.terms import Terms, public_source
from zoo.registry.catalog_reader import TAG
from zoo.runs.recipe import resolve_without_loading
from zoo.runs.run import Run
from zoo.weights.archive import PICTURE, write_archive
from zoo.weights.description import LARGEST_WEIGHTS, WeightsInfo

_PICTURE_BYTES = 320 * 2**10  # of all pictures in a weights file
_EXECUTION = ("compile", "threads")  # settings that say how to compute, not what


def write_weights_file(run: Run, name: str, folder: Path, terms: Terms, commit: str) -> WeightsInfo:
    """Write FOLDER/NAME.zip, a run as a weights file, and return what the catalog says about it.

    Args:
        run: what `prepare_run` returned.
        name: the model's name in the catalog, architecture.tag.
        folder: it exists.
        terms: the licences, and the source of the data.
        commit: of the code that trained the run.

    Raises:
        UsageError: the name is another architecture's, or the file is too large.
        WriteError: the disk refuses.
    """
    check_publishable(run, name)
    path = folder / f"{name}.zip"
    command = train_command(run, name)
    pictures = _small_pictures(run)
    with atomic_write(path) as target:
        write_archive(run.path, {**run.record, "name": name}, pictures, target)
        if target.stat().st_size > LARGEST_WEIGHTS:
            raise UsageError(f"The weights of {name} are larger than {LARGEST_WEIGHTS >> 30} GiB.")
    versions = {**run.record.get("versions", {}), "backend": str(run.record.get("backend", ""))}
    return WeightsInfo(
        file=path.name,
        sha256=file_digest(path),
        size=path.stat().st_size,
        license=terms.license,
        data=terms.data,
        data_license=terms.data_license,
        command=command,
        commit=commit,
        versions={package: str(version) for package, version in versions.items() if version},
    )


def check_publishable(run: Run, name: str) -> None:
    """Refuse a run that is not finished, and a name that is no name for it.

    Raises:
        RunError: the run is not finished.
        UsageError: the name is no architecture.tag, or another architecture's.
    """
    if run.state != "finished":
        raise RunError(f"{run} is {run.state}, not finished. Complete it: zoo evaluate {run}")
    architecture, _, tag = name.partition(".")
    expected = str(run.record["architecture"])
    if architecture != expected or not re.fullmatch(TAG, tag):
        raise UsageError(
            f"The weights of {run} need a name like {expected}.mine: --name {expected}.TAG, where TAG has "
            f"letters, digits, _ and -. Received: {name}"
        )


def train_command(run: Run, name: str) -> str:
    """Return the command that trains a run: its model, start, data and seed, and the settings that differ."""
    record = run.record
    words = ["zoo", "train", record["name"]]
    differences = setting_differences(run, record["name"])
    for key, value in differences.items():
        words += ["--set", f"{key}={_as_word(value)}"]
    base = resolve_without_loading(record["name"], {})
    if (source := public_source(run)) != base.source and source:
        words += ["--data", " ".join(printable(source).split())]
    if start := str(record.get("from", {}).get("run", "")):
        name = Path(start).name if Path(start).is_absolute() else start
        words += ["--from", " ".join(printable(name).split())]
    if record.get("seed"):
        words += ["--seed", str(record["seed"])]
    return shlex.join(words)


def setting_differences(run: Run, name: str) -> dict[str, Any]:
    """Return the settings of a run that differ from those of a model of the catalog, or an architecture.

    Settings that the data decides, and those that say how to compute, do not count. The data decides those
    that are None in the model, unless the user has set them.
    """
    set_by_user = run.record.get("changed", {})
    base = resolve_without_loading(name, {}).config
    settings: Mapping[str, Any] = base.model_dump(mode="json")
    return {
        key: value
        for key, value in run.record["config"].items()
        if key in settings
        and settings[key] != value
        and (settings[key] is not None or key in set_by_user)
        and key not in _EXECUTION
    }


def trained_by(run: Run) -> str:
    """Return the commit of the code that trained a run: what the catalog says, or that of the installed code.

    The installed code of the architecture is named by its commit where it is a git checkout, else by its
    package.
    """
    if run.shipped:
        return run.shipped.info.commit
    group, name = EntryPointGroup(ARCHITECTURES), str(run.record["architecture"])
    for module in group.locations(name) if name in group else []:
        git = ["git", "-C", str(module.parent)]
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [*git, "ls-files", "--error-unmatch", module.name], capture_output=True, check=True
            )
            done = subprocess.run(
                [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
            )
            return done.stdout.strip()
    return run.package


def _small_pictures(run: Run) -> list[Path]:
    """Return the smallest pictures of a run, sorted by name, as many as a weights file may have."""
    chosen: list[Path] = []
    named = [path for path in run.pictures if re.fullmatch(PICTURE, f"pictures/{path.name}")]
    for picture in sorted(named, key=lambda path: path.stat().st_size):
        if sum(path.stat().st_size for path in [*chosen, picture]) > _PICTURE_BYTES:
            break
        chosen.append(picture)
    return sorted(chosen)


def _as_word(value: Any) -> str:
    """Return a setting's value as the shell's --set takes it."""
    if isinstance(value, list):
        return ",".join(map(_as_word, value))
    text = str(value).lower() if isinstance(value, bool) or value is None else str(value)
    return " ".join(printable(text).split())
