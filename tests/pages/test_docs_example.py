"""The two halves of a view in docs/pages.md: Python runs, and TypeScript has no wrong type."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.blocks import blocks
from zoo.data.dataset import Dataset
from zoo.pages.files import PageFiles, read_page_array

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pages.md"
WEB = ROOT / "web"


def test_the_python_half_runs(tiny: Dataset, tmp_path: Path) -> None:
    (code,) = blocks(PAGE, "python")
    view: dict[str, Any] = {}
    exec(code, view)
    model = SimpleNamespace(contracts={"encoder": None, "decoder": None}, data=tiny)
    assert view["fits"](model)
    assert not view["fits"](SimpleNamespace(contracts={"classifier": None}, data=tiny))
    content = view["data"](model, PageFiles(tmp_path))
    assert read_page_array(tmp_path, content["examples"]).shape == (24, 8, 8, 1)
    assert (tmp_path / content["first"]).is_file()


@pytest.mark.long
def test_the_compiler_accepts_the_typescript_half(tmp_path: Path) -> None:
    compiler = WEB / "node_modules" / ".bin" / "tsc"
    if not compiler.exists():
        pytest.skip("run npm ci in web/")
    (code,) = blocks(PAGE, "ts")
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "example.ts").write_text(code)
    for folder in ("arrays", "page"):
        (tmp_path / folder).symlink_to(WEB / "src" / folder)
    options = {"extends": str(WEB / "tsconfig.json"), "include": ["views"]}
    (tmp_path / "tsconfig.json").write_text(
        json.dumps({**options, "compilerOptions": {"types": []}})
    )
    done = subprocess.run([compiler, "-p", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
