"""docs/security.md: its links lead somewhere, its limits exist, and its picture is what the command draws."""

import re
import runpy
from pathlib import Path

from zoo.exporters.cage import limits
from zoo.io.foreign.limits import LIMITS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"
TEXT = PAGE.read_text("utf-8")


def test_its_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / link).exists(), link


def test_its_picture_is_the_one_that_the_command_draws() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "pictures" / "threat_model.py"))
    assert script["FILE"].read_text("utf-8") == script["draw"]()


def test_its_limits_exist() -> None:
    assert {"cage_seconds", "cage_mib", "export_files"} <= LIMITS.keys()
    assert f"at most {LIMITS['export_files'][0]:,} files" in TEXT
    assert f"{limits.SECONDS:.0f} s of processor time" in TEXT
    assert f"{limits.SECONDS_PER_MIB} s for each" in TEXT
    assert f"{limits.MEMORY // 2**20} MiB of memory" in TEXT
    assert f"{limits.MEMORY_PER_BYTE} for each MiB of the file" in TEXT
    first = limits.MOST_MORE // limits.MORE_PER_BYTE // 2**20
    assert f"The first {first} MiB of the file add {limits.MORE_PER_BYTE} for each MiB" in TEXT
