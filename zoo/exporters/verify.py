"""Write every part in every format, have the files opened where they are meant for, and judge them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import errors
from zoo.errors import ExportError, UsageError
from zoo.exporters.bisect import check_copy, first_failing_layer
from zoo.exporters.formats import protocol
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probes import make_probes, save_probes
from zoo.exporters.report import ExportedFile, Report, size_on_disk
from zoo.exporters.worker import BROKE_DOWN, Worker
from zoo.io.digest import file_digest
from zoo.registry.architectures import registry

if TYPE_CHECKING:
    import keras


def write_and_verify(
    models: Mapping[str, keras.Model],
    names: Sequence[str],
    checker: Worker,
    folder: Path,
    options: Mapping[str, Any],
    model: str,
    origin: dict[str, str],
) -> Report:
    """Write all files into a folder, have them checked, and say of each whether it is equal.

    Raises:
        ExportError: a part itself has no graph, cannot be copied, or cannot be compared.
    """
    prepared = [prepare_part(role, part, origin) for role, part in models.items()]
    fed = {part.role: make_probes(part) for part in prepared}
    for part in prepared:
        check_copy(part, fed[part.role])
    with (folder / "probe.npz").open("wb") as file:
        save_probes(fed, file)
    written = [_written(part, name, folder, options) for part in prepared for name in names]
    ready = [file for file in written if not file.problem]
    judged = compare_files(checker, folder, ready, folder / "answer")
    by_role = {part.role: part for part in prepared}
    files = tuple(_explained(judged.get(file, file), by_role, options) for file in written)
    return Report(folder, model, files, {part.role: part.contract for part in prepared}, origin)


def compare_files(
    checker: Worker,
    folder: Path,
    files: Sequence[ExportedFile],
    answer: Path,
    known: Collection[str] | None = None,
) -> dict[ExportedFile, ExportedFile]:
    """Have files opened and compared; of the modules they ask for, only the `known` are imported."""
    asked = [
        {
            "part": file.part,
            "format": file.format,
            "path": file.path,
            "requires": [name for name in file.requires if _may_import(name, known)],
        }
        for file in files
    ]
    return dict(zip(files, map(_judged, files, checker.ask(folder, asked, answer)), strict=True))


def importable_packages() -> set[str]:
    """Return the top-level modules that a file may import when it is verified: ours, and plug-ins'."""
    return {"zoo", *registry().shelf.modules()}


def _may_import(module: str, known: Collection[str] | None) -> bool:
    return known is None or module.partition(".")[0] in known


def _written(part: Part, name: str, folder: Path, options: Mapping[str, Any]) -> ExportedFile:
    path = protocol.file_name(part.role, name)
    requires = part.requires if name in ("keras", "h5") else ()
    try:
        protocol.load_format(name).write(part, folder / path, options)
    except (OSError, UsageError):
        raise
    except ExportError as error:
        return ExportedFile(part.role, name, path, verdict="refused", problem=str(error))
    except Exception as error:  # converters raise whatever they meet
        problem = f"it cannot be written: {errors.format_cause(error)}"
        return ExportedFile(part.role, name, path, verdict="refused", problem=problem)
    return ExportedFile(
        part.role,
        name,
        path,
        size_on_disk(folder / path),
        file_digest(folder / path),
        requires=requires,
    )


def _judged(file: ExportedFile, answer: Mapping[str, Any]) -> ExportedFile:
    problem = str(answer["problem"])
    return replace(
        file,
        difference=answer["difference"],
        verdict="different" if problem else "equal",
        problem=problem,
        runtime=str(answer["runtime"]),
    )


def _explained(
    file: ExportedFile, by_role: Mapping[str, Part], options: Mapping[str, Any]
) -> ExportedFile:
    """Find the layer at fault where the error does not name one already.

    What brought a process of its own down is not tried again in this one.
    """
    named = any(word in file.problem for word in ("layer '", "operation '", BROKE_DOWN))
    if file.ok or named:
        return file
    found = first_failing_layer(by_role[file.part], file.format, options)
    return replace(file, problem=f"{file.problem}. {found}".strip())
