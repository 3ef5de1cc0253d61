"""Builds the assets with npm before they are packed, unless they are built."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NpmHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` in a checkout; an sdist has the assets."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the assets if app.js is not there."""
        root = Path(self.root)
        if (root / "keras_zoo_web" / "app.js").is_file():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "The pages are built with npm: install Node 20.19 or newer (nodejs.org)."
            )
        for words in (["ci", "--ignore-scripts"], ["run", "build"]):
            subprocess.run([npm, *words], cwd=root, check=True)
