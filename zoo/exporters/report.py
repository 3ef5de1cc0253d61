"""The report beside exported files: what was compared, how, and with what result.

report.json   contracts, files with their SHA-256, largest differences, runtimes
probe.npz     the inputs that every file was run on, and the original's outputs
README.md     ten lines of code for each format
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zoo.errors import RunError, UnsafeFile
from zoo.exporters.parts.contract import Contract
from zoo.io.text import read_text

ABSOLUTE = 1e-5  # |a - b| <= ABSOLUTE + RELATIVE |b|
RELATIVE = 1e-4


@dataclass(frozen=True)
class ExportedFile:
    """One part in one format.

    `path` is relative to the report's folder. `difference` is the largest absolute difference of an
    output, None where none was measured. `verdict` is one of unchecked, refused (it was not written),
    different, changed (its bytes are others), and equal; `problem` says what is wrong. `requires` are
    the modules to import before the file can be opened. `data` is the path of a second file, which the
    first one reads its weights from, and `data_sha256` its digest; both are empty where there is none.
    """

    part: str
    format: str
    path: str
    bytes: int = 0
    sha256: str = ""
    difference: float | None = None
    verdict: str = "unchecked"
    problem: str = ""
    runtime: str = ""
    requires: tuple[str, ...] = ()
    data: str = ""
    data_sha256: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all that belongs to the file: its own, and that of its second file."""
        return (self.path, self.data) if self.data else (self.path,)

    @property
    def ok(self) -> bool:
        """Whether its runtime computes what the original computes."""
        return self.verdict == "equal"


@dataclass(frozen=True)
class Report:
    """The result of an export or of a verification.

    `contracts` has the inputs and outputs of each part by role, `origin` facts about the model.

    Example:
        >>> report = zoo.export("cnn.digits", formats=["onnx"], out="shipped")
        >>> report.ok, report.files[0].difference
    """

    folder: Path
    model: str
    files: tuple[ExportedFile, ...]
    contracts: dict[str, Contract]
    origin: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every file was run in its runtime and found equal."""
        return bool(self.files) and all(file.ok for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "model": self.model,
            "verdict": "equal" if self.ok else "different",
            "tolerance": {"absolute": ABSOLUTE, "relative": RELATIVE},
            "origin": self.origin,
            "parts": {role: contract.to_json() for role, contract in self.contracts.items()},
            "files": [asdict(file) for file in self.files],
        }

    @classmethod
    def read(cls, folder: Path) -> Report:
        """Read the report.json of a folder.

        Raises:
            RunError: there is none, or it is broken.
            UnsafeFile: it names a file outside the folder.
        """
        path = folder / "report.json"
        try:
            value = json.loads(read_text(path))
            files = [
                ExportedFile(**{**file, "requires": tuple(file["requires"])})
                for file in value["files"]
            ]
            contracts = {
                role: Contract.from_json(contract) for role, contract in value["parts"].items()
            }
            report = cls(
                folder, str(value["model"]), tuple(files), contracts, dict(value["origin"])
            )
        except OSError as error:
            raise RunError(
                f"{folder} holds no export: {path.name} cannot be read ({error.strerror})."
            ) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RunError(f"{path} is no report of an export: {error}.") from error
        for name in [name for file in report.files for name in file.paths]:
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise UnsafeFile(f"{path} names a file outside its folder: {name!r}.")
        return report


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
