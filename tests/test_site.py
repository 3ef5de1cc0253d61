"""The site of the docs is built without a warning, and each page of a runtime shows its own code."""

import os
import subprocess
import sys
from pathlib import Path

from zoo.entry_points import RUNTIMES, EntryPointGroup

ROOT = Path(__file__).parents[1]


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", site]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    for page in (ROOT / "docs").glob("*.md"):
        name = "index.html" if page.stem == "index" else f"{page.stem}/index.html"
        assert (site / name).is_file(), page
    for name in EntryPointGroup(RUNTIMES).names():
        text = (site / "runtimes" / name / "index.html").read_text("utf-8")
        assert "The README beside" in text or "the README beside" in text, name
    assert 'id="zoo.runs.training.train"' in (site / "reference/index.html").read_text("utf-8")
    assert "Keep a Changelog" in (site / "changelog/index.html").read_text("utf-8")
