"""A distribution of weights that pip installs: files and an entry point, no code.

pyproject.toml                   the entry point of the group zoo.weights
README.md  pictures/             the card
zoo_weights_NAME/registry.toml   the catalog entry, with the hash of ...
zoo_weights_NAME/NAME.zip        ... the weights file
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zoo.entry_points import DATASETS, WEIGHTS, EntryPointGroup
from zoo.errors import UnknownName, UsageError
from zoo.io.atomic import make_directory, replace_directory, temporary_directory
from zoo.publication.card import write_card
from zoo.publication.catalog_file import (
    entry_section,
    headline_names,
    round_results,
    update_catalog_file,
)
from zoo.publication.packed_weights import Precision
from zoo.publication.prepared_run import prepare_run
from zoo.publication.terms import Terms, public_source
from zoo.publication.weights_file import (
    check_publishable,
    setting_differences,
    train_command,
    trained_by,
    write_weights_file,
)
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry, read_entries
from zoo.runs.run import Run
from zoo.weights.description import WeightsInfo


def pack(
    run: Run,
    name: str,
    out: Path,
    terms: Terms,
    commit: str | None = None,
    metrics: Sequence[str] = (),
    precision: Precision = "float32",
) -> WeightsInfo:
    """Write a distribution of a run's weights that anybody can install or upload.

    Args:
        run: a finished run.
        name: the model's name, architecture.tag; no installed package has a model of that name.
        out: a folder that does not exist, or one that an earlier call wrote.
        terms: the licences, and the source of the data.
        commit: of the code that trained the run; that of the installed code if None.
        metrics: the names of the metrics that the catalog shows; its own or the first ones if empty.
        precision: of the stored weights. The figures of rounded ones are measured again.

    Raises:
        RunError: the run is not finished.
        UsageError: the name is taken or no architecture.tag, or `out` holds something else.
        WriteError: the disk refuses.
    """
    check_publishable(run, name)
    _check_unused(name)
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not _is_ours(out):
        raise UsageError(f"{out} holds something else. Give a new or an empty folder: --out DIR")
    make_directory(out.parent)
    with temporary_directory(out.parent) as temporary:
        folder = temporary / "ready"
        make_directory(temporary / "run")
        prepared = prepare_run(run, temporary / "run", precision)
        commit = commit or trained_by(run)
        info = _write(prepared, name, folder, terms, commit, metrics)
        replace_directory(folder, out)
    return info


def pack_into(
    run: Run,
    folder: Path,
    catalog_path: Path,
    terms: Terms,
    commit: str | None = None,
    metrics: Sequence[str] = (),
    precision: Precision = "float32",
) -> WeightsInfo:
    """Write a run's weights file into a package of weights, and its description into a catalog file.

    Args:
        run: a finished run of a model of that catalog file.
        folder: of the package, such as weights/keras_zoo_weights.
        catalog_path: the catalog file, such as registry.toml.
        terms: the licences, and the source of the data.
        commit: of the code that trained the run; that of the installed code if None.
        metrics: the names of the metrics that the catalog shows; the entry's or the first ones if empty.
        precision: of the stored weights. The figures of rounded ones are measured again.

    Raises:
        RunError: the run is not finished.
        UsageError: the file has no such model, or the run has other settings than the model.
        WriteError: the disk refuses.
    """
    check_publishable(run, run.name)
    entry = _entry_of(run, catalog_path)
    make_directory(folder)
    with temporary_directory(folder) as temporary:
        prepared = prepare_run(run, temporary, precision)
        info = write_weights_file(prepared, run.name, folder, terms, commit or trained_by(run))
        results = _results(prepared, entry, metrics)
    update_catalog_file(catalog_path, run.name, info, results, info.command, prepared.examples)
    catalog.cache_clear()
    return info


def _entry_of(run: Run, catalog_path: Path) -> Entry:
    """Return the entry of a run's model in a catalog file.

    Raises:
        UsageError: there is none, or the run has other settings.
    """
    entries = read_entries(catalog_path, None)
    if run.name not in entries:
        raise UnknownName(f"model in {catalog_path}", run.name, entries)
    if differences := setting_differences(run, run.name):
        words = ", ".join(f"{key}={value}" for key, value in differences.items())
        raise UsageError(
            f"{run} has other settings than {run.name} in {catalog_path}: {words}. Change the settings "
            "there, or train with them."
        )
    return entries[run.name]


def _check_unused(name: str) -> None:
    try:
        taken = catalog().get(name)
    except UnknownName:
        return
    owner = taken.package or taken.source
    if owner.startswith(f"{_distribution_name(name)} "):
        return  # an earlier version of the same distribution is installed
    raise UsageError(
        f"{name} is a model of {owner} already. Give the weights a name of their own: "
        f"--name {taken.architecture}.TAG. Or, for your own catalog: --into FOLDER --registry FILE"
    )


def _is_ours(folder: Path) -> bool:
    """Return whether an earlier call wrote a folder."""
    project = folder / "pyproject.toml"
    return project.is_file() and f'entry-points."{WEIGHTS}"' in project.read_text("utf-8")


def _write(
    run: Run,
    name: str,
    folder: Path,
    terms: Terms,
    commit: str,
    metrics: Sequence[str],
) -> WeightsInfo:
    """Write all files of a distribution into a new folder."""
    module = "zoo_weights_" + re.sub(r"\W", "_", name).lower()
    make_directory(folder / module)
    info = write_weights_file(run, name, folder / module, terms, commit)
    write_card(run, folder, terms, name)
    text = entry_section(_entry(run, name, info, metrics))
    (folder / module / "registry.toml").write_text(text, "utf-8")
    (folder / "pyproject.toml").write_text(_project(name, module, terms), "utf-8")
    return info


def _results(run: Run, entry: Entry, metrics: Sequence[str]) -> dict[str, float]:
    """Return the figures that the catalog shows: named ones, those of the entry, or the first ones."""
    names = list(metrics) or list(entry.results) or headline_names(run.metrics)
    return round_results(run.metrics, names)


def _entry(run: Run, name: str, info: WeightsInfo, metrics: Sequence[str]) -> Entry:
    """Return the catalog entry of a packed run: the entry that it is trained from, under its own name."""
    source = public_source(run)
    base = Entry(name, f"{run.record['architecture']} trained on {source or 'its own data'}")
    if "." in run.name:
        base = catalog().get(run.name)
    settings = {**base.settings, **setting_differences(run, run.name)}
    results = _results(run, base, metrics)
    known = source in EntryPointGroup(DATASETS).names()
    return replace(
        base,
        name=name,
        dataset=source if known else None,
        settings=settings,
        results=results,
        examples=run.examples,
        measured=train_command(run, run.name),
        weights=info,
    )


def _distribution_name(name: str) -> str:
    return re.sub(r"[\W_]+", "-", f"zoo-weights-{name}").lower()


def _project(name: str, module: str, terms: Terms) -> str:
    return f"""\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{_distribution_name(name)}"
version = "1.0.0"
description = "Weights of {name} for keras-zoo: files without code"
readme = "README.md"
license = "{terms.license}"

[project.entry-points."{WEIGHTS}"]
"{name}" = "{module}"

[tool.hatch.build.targets.wheel]
only-include = ["{module}"]
"""
