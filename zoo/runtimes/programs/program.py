"""A program in another language: where its sources are, what builds it, and where it is kept.

The sources are the folders of `runtimes/` in a checkout, and of `zoo/runtimes/sources/` in an installed
package. They are copied into the cache and built there, once for each state of the sources. The build is
renamed into place when it is whole. Where a runtime is built, its earlier builds that nothing has used for
LONGEST_UNUSED are removed: other versions of the zoo may use theirs.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from zoo.environment import cache_folder
from zoo.errors import ExportError
from zoo.io.atomic import make_directory, temporary_directory
from zoo.io.recovery import remove_left_over

LONGEST_UNUSED = 30 * 24 * 3600.0  # seconds
_NO_SOURCES = ("node_modules", "target", "README.md", "example")  # builds, and what builds nothing


@dataclass(frozen=True)
class Program:
    """How a program is built and what it needs.

    Args:
        name: of the runtime.
        sources: folders and files below the folder of all programs; the first is the program's own.
        builds_with: executables that build it, with how to install each.
        runs_with: executables that run it, with how to install each.
        steps: the commands that build it, in its own folder.
        cost: what the first use costs, in words.
    """

    name: str
    sources: tuple[str, ...]
    builds_with: Mapping[str, str]
    runs_with: Mapping[str, str]
    steps: tuple[tuple[str, ...], ...]
    cost: str

    @property
    def source(self) -> Path:
        """The folder of its own sources."""
        return programs_folder() / self.sources[0]

    def missing_tools(self) -> str:
        """Return in one line which tools to install; empty where none is missing."""
        tools = {} if self._built().exists() else dict(self.builds_with)
        tools |= self.runs_with
        missing: dict[str, list[str]] = {}
        for name, how in tools.items():
            if not shutil.which(name):
                missing.setdefault(how, []).append(name)
        needs = [f"{' and '.join(names)} ({how})" for how, names in missing.items()]
        return f"it needs {', '.join(needs)}" if needs else ""

    def build(self) -> Path:
        """Return the folder of the built program; the first call builds it.

        Raises:
            ExportError: a step failed; the message has the end of what it printed.
            WriteError: the cache cannot be written.
        """
        built = self._built()
        make_directory(built.parent)
        with FileLock(f"{built}.lock"):
            if not built.exists():
                self._remove_unused_builds()
                with temporary_directory(built.parent) as folder:
                    self._build_in(folder)
                    os.rename(folder, built)
            with suppress(OSError):  # a cache that others own is read all the same
                os.utime(built)  # the moment of the last use
        return built / self.sources[0]

    def _remove_unused_builds(self) -> None:
        """Remove the builds of other sources that were not used for long, and what killed builds left."""
        place = self._built().parent
        remove_left_over(place)
        for build in place.glob(f"{self.name}-*"):
            is_build = re.fullmatch(rf"{re.escape(self.name)}-[0-9a-f]{{16}}", build.name)
            if is_build and time.time() - build.stat().st_mtime > LONGEST_UNUSED:
                with suppress(Timeout, OSError), FileLock(f"{build}.lock", timeout=0):
                    shutil.rmtree(build)
                    os.unlink(f"{build}.lock")

    def pinned_version(self, file: str, pattern: str) -> str:
        """Return the version that a file of the sources pins: the pattern's first group."""
        match = re.search(pattern, (self.source / file).read_text("utf-8"))
        return match[1] if match else ""

    def _built(self) -> Path:
        return cache_folder().absolute() / "runtimes" / f"{self.name}-{self._key()}"

    def _key(self) -> str:
        """Return a digest of the sources, the steps, and the kind of machine."""
        digest = hashlib.sha256(repr((self.steps, sys.platform, platform.machine())).encode())
        for path in self._files():
            digest.update(f"{path.relative_to(programs_folder())}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    def _files(self) -> list[Path]:
        """Return all source files, in a fixed order."""
        files: list[Path] = []
        for name in self.sources:
            place = programs_folder() / name
            found = [place] if place.is_file() else sorted(place.rglob("*"))
            files += [path for path in found if path.is_file() and _is_source(path)]
        return files

    def _build_in(self, folder: Path) -> None:
        for path in self._files():
            copy = folder / path.relative_to(programs_folder())
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        _show(f"The runtime {self.name} is built for its first use ({self.cost}).")
        for step in self.steps:
            _show(f"  {' '.join(step)}")
            self._run_step(step, folder / self.sources[0])

    def _run_step(self, step: Sequence[str], folder: Path) -> None:
        done = subprocess.run(
            [shutil.which(step[0]) or step[0], *step[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            text = " ".join(done.stdout.decode(errors="replace").split())[-400:]
            raise ExportError(
                f"The program of the runtime {self.name!r} cannot be built: `{' '.join(step)}` failed "
                f"(exit code {done.returncode}). The first use needs the network. It says: {text}"
            )


def programs_folder() -> Path:
    """Return the folder of all programs' sources: in the installed package, or in the checkout."""
    installed = Path(__file__).parents[1] / "sources"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "runtimes"


def _is_source(path: Path) -> bool:
    parts = path.relative_to(programs_folder()).parts
    return not any(part.startswith(_NO_SOURCES) for part in parts)


def _show(line: str) -> None:
    """Show on a terminal what takes so long."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
