"""The gate's work: write every part in every format, have the files run, and give a verdict on each."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.entry_points import ARCHITECTURES, EntryPointGroup
from zoo.errors import ExportError, UsageError, format_cause
from zoo.exporters.bisect import check_clone, failure_of_format, first_failing_layer
from zoo.exporters.checker import Checker
from zoo.exporters.formats.protocol import DATA_SUFFIX, file_name, load_format
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probes import make_probes, save_probes
from zoo.exporters.report import ExportedFile, Report, size_on_disk
from zoo.exporters.worker import CRASHED
from zoo.io.digest import file_digest
from zoo.runtimes.group import own_runtime

if TYPE_CHECKING:
    import keras

LARGE = 256 * 2**20  # bytes of a file that is not compared while another one is written
_NAMES_THE_FAULT = ("layer '", "operation '", "The format '", CRASHED)


def write_and_verify(
    models: dict[str, keras.Model],
    formats: Sequence[str],
    checker: Checker,
    folder: Path,
    options: Mapping[str, Any],
    title: str,
    origin: dict[str, str],
    reopen: Callable[[], Mapping[str, keras.Model]] | None = None,
) -> Report:
    """Write all files into a folder, have them compared, and report on each.

    Args:
        models: the parts by role.
        formats: the names of the formats.
        checker: opens the files, each in its own runtime.
        folder: an empty one.
        options: of the export: `opset`, an int or None.
        title: the model's name in the report.
        origin: facts for the report and for the files, such as the weights' digest.
        reopen: opens the models again. Where it is given, `models` is emptied before large files are
            compared, so that their memory can be used again.

    Returns:
        The report; the files that came out wrong are in it, and in the folder.

    Raises:
        ExportError: a part itself has no graph, cannot be copied, or cannot be compared.
    """
    parts = {role: prepare_part(role, model, origin) for role, model in models.items()}
    _write_probes(parts, folder)
    contracts = {role: part.contract for role, part in parts.items()}
    verdicts = []
    for role, name in product(parts, formats):
        verdict = _Verdict(checker, folder, _write_file(parts[role], name, folder, options))
        verdicts.append(verdict)
        if not verdict.is_large:
            verdict.start()
        elif reopen is None:
            verdict.result()
    if reopen is not None and any(verdict.is_large for verdict in verdicts):
        parts.clear()
        models.clear()
        gc.collect()
    files = [verdict.result() for verdict in verdicts]
    if not parts and not all(file.ok for file in files) and reopen is not None:
        parts = {role: prepare_part(role, model, origin) for role, model in reopen().items()}
    explained = tuple(_explain(file, parts, options) for file in files)
    return Report(folder, title, explained, contracts, origin)


class _Verdict:
    """The verdict on a file, which is compared by another process from `start` on."""

    def __init__(
        self,
        checker: Checker,
        folder: Path,
        file: ExportedFile,
        importable: Collection[str] | None = None,
    ) -> None:
        self.file = file
        self._checker, self._folder, self._importable = checker, folder, importable
        self._answer: Future[dict[str, Any]] | None = None

    @property
    def is_large(self) -> bool:
        """Whether writing and comparing at the same time would take too much memory."""
        return self.file.bytes > LARGE

    def start(self) -> None:
        """Have the file compared, unless it could not be written."""
        if self._answer is None and not self.file.problem:
            names = self.file.requires
            request = {
                "part": self.file.part,
                "runtime": own_runtime(self.file.format),
                "path": self.file.path,
                "requires": [name for name in names if _may_import(name, self._importable)],
            }
            self._answer = self._checker.submit(self._folder, request)

    def result(self) -> ExportedFile:
        """Wait for the comparison, and return the file with its verdict."""
        self.start()
        return _with_verdict(self.file, self._answer.result()) if self._answer else self.file


def _write_probes(parts: Mapping[str, Part], folder: Path) -> None:
    """Write the probes of all parts; each clone is compared with its original on them."""
    probes = {role: make_probes(part) for role, part in parts.items()}
    for role, part in parts.items():
        check_clone(part, probes[role])
    with (folder / "probe.npz").open("wb") as file:
        save_probes(probes, file)


def verify_files(
    checker: Checker, folder: Path, files: Sequence[ExportedFile]
) -> dict[ExportedFile, ExportedFile]:
    """Have published files opened and compared, and return each with its verdict.

    Args:
        checker: opens the files, each in its own runtime.
        folder: that has probe.npz, and the files. Of the modules that they require, ours and those of
            plug-ins are imported.
        files: those to compare.
    """
    importable = {"zoo", *EntryPointGroup(ARCHITECTURES).modules()}
    verdicts = {file: _Verdict(checker, folder, file, importable) for file in files}
    for verdict in verdicts.values():
        verdict.start()
    return {file: verdict.result() for file, verdict in verdicts.items()}


def _may_import(module: str, importable: Collection[str] | None) -> bool:
    return importable is None or module.partition(".")[0] in importable


def _write_file(part: Part, name: str, folder: Path, options: Mapping[str, Any]) -> ExportedFile:
    path = file_name(part.role, name)
    refused = ExportedFile(part.role, name, path, verdict="refused")
    try:
        load_format(name).write(part, folder / path, options)
    except (OSError, UsageError):
        raise
    except ExportError as error:
        return replace(refused, problem=str(error))
    except Exception as error:  # converters raise whatever they meet
        return replace(refused, problem=f"it cannot be written: {format_cause(error)}")
    data = folder / f"{path}{DATA_SUFFIX}"
    return ExportedFile(
        part.role,
        name,
        path,
        size_on_disk(folder / path) + (size_on_disk(data) if data.exists() else 0),
        file_digest(folder / path),
        requires=part.requires if name in ("keras", "h5") else (),
        data=data.name if data.exists() else "",
        data_sha256=file_digest(data) if data.exists() else "",
    )


def _with_verdict(file: ExportedFile, answer: Mapping[str, Any]) -> ExportedFile:
    problem = str(answer["problem"])
    return replace(
        file,
        difference=answer["difference"],
        verdict="different" if problem else "equal",
        problem=problem,
        runtime=str(answer["runtime"]),
    )


def _explain(
    file: ExportedFile, parts: Mapping[str, Part], options: Mapping[str, Any]
) -> ExportedFile:
    """Add what is at fault, the format or a layer, where the problem does not name it already.

    A file that ended the worker's process is not opened in this one.
    """
    if file.ok or any(words in file.problem for words in _NAMES_THE_FAULT):
        return file
    if failure := failure_of_format(file.format, options):
        return replace(file, problem=failure)
    fault = first_failing_layer(parts[file.part], file.format, options, file.problem)
    return replace(file, problem=f"{file.problem}. {fault}".strip())
