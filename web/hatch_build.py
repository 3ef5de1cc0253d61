"""Builds the assets with npm before they are packed, unless they are built."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NpmHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` in a checkout; an sdist has the assets."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the assets if they are not there, or if a source is newer and npm is there."""
        root = Path(self.root)
        last = root / "keras_zoo_web" / "LICENSES.txt"  # the last file that a build writes
        npm = shutil.which("npm")
        if last.is_file() and (npm is None or not _is_older(last, root)):
            return
        if npm is None:
            raise RuntimeError(
                "The pages are built with npm: install Node 20.19 or newer (nodejs.org)."
            )
        for words in (["ci", "--ignore-scripts"], ["run", "build"]):
            subprocess.run([npm, *words], cwd=root, check=True)


def _is_older(built: Path, root: Path) -> bool:
    """Return whether a source in a checkout is newer than what was built from it."""
    sources = [*root.glob("src/**/*.*"), *root.glob("package*.json"), *root.glob("build.mjs")]
    return any(path.stat().st_mtime > built.stat().st_mtime for path in sources)
