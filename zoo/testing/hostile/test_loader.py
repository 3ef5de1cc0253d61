"""The corpus as tests of anybody's loader of model files, arrays, series or images.

    ZOO_HOSTILE_LOADER=my_package.files:load ZOO_HOSTILE_KINDS=keras,npz pytest --pyargs zoo.testing.hostile

The loader is called with the path of each file, in a forked process with limits. It must raise an error (any
but MemoryError) within 10 seconds of processor time and 1 GB of memory, and write no file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from zoo.environment import hostile_kinds, hostile_loader
from zoo.testing.hostile.case import HostileCase
from zoo.testing.hostile.collection import KINDS, cases
from zoo.testing.hostile.guard import run_guarded
from zoo.testing.hostile.server import find_function

_RAISED = 3  # the status of a process in which the loader raised


@pytest.mark.parametrize(
    "case", cases(*(hostile_kinds() or KINDS)) if hostile_loader() else (), ids=str
)
def test_the_loader_refuses_a_hostile_file(case: HostileCase, tmp_path: Path) -> None:
    """Call the loader that ZOO_HOSTILE_LOADER names with a hostile file."""
    load = find_function(hostile_loader())
    outcome = run_guarded(partial(load, str(case.write(tmp_path))))
    assert not outcome.problem, f"{outcome.problem}: {outcome.output[-2000:]}"
    assert outcome.code, "the loader opened the file"
    assert outcome.code in (1, 2, _RAISED), outcome.output[-2000:]
    assert not outcome.written, f"the loader wrote {outcome.written}"
