"""Sweeps from strangers: each case changes one thing in an honest folder, which has no runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.hostile.run_cases import special
from zoo.sweeps.files.journal_file import FILE as JOURNAL
from zoo.sweeps.journal import Journal
from zoo.sweeps.search import FILE, Search
from zoo.sweeps.space import Choice, Range
from zoo.sweeps.task import TrialResult

Change = Callable[[Path], Any]
Lines = list[dict[str, Any]]
SPACE: Any = {"learning_rate": Range(1e-4, 1e-1, log=True), "units": Choice(([8], [8, 8]))}
LONG = "a" * 100_000


def honest(folder: Path) -> None:
    """Write a sweep of two trials that have ended."""
    folder.mkdir()
    search = Search("mlp", SPACE, 2, "val_loss", "min", data="digits", epochs=3)
    search.write(folder)
    journal = Journal(folder, search, writes=True)
    for number in range(2):
        journal.begin(number)
        notes = {"completed_rung_0": 2.0}
        journal.end(number, TrialResult("finished", 1.0, (2.0, 1.5, 1.0), notes, seconds=1.0))


def search(**changes: Any) -> Change:
    """Return a change of entries of sweep.json."""

    def change(folder: Path) -> None:
        stored = json.loads((folder / FILE).read_text())
        (folder / FILE).write_text(json.dumps({**stored, **changes}))

    return change


def rate(**changes: Any) -> Change:
    """Return a change of the range of the learning rate."""

    def change(folder: Path) -> None:
        space = json.loads((folder / FILE).read_text())["space"]
        search(space={**space, "learning_rate": {**space["learning_rate"], **changes}})(folder)

    return change


def lines_of(code: int, **changes: Any) -> Change:
    """Return a change of entries of the lines of one operation in the journal."""

    def change(folder: Path) -> None:
        lines = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
        changed = [{**line, **(changes if line["op_code"] == code else {})} for line in lines]
        _write(folder, [json.dumps(line) for line in changed])

    return change


def more(*lines: object, count: int = 1) -> Change:
    """Return what adds lines to the journal, before the first trial ends."""

    def change(folder: Path) -> None:
        before = (folder / JOURNAL).read_text().splitlines()
        added = [each if isinstance(each, str) else json.dumps(each) for each in lines]
        _write(folder, [*before[:2], *(added * count), *before[2:]])

    return change


def _write(folder: Path, lines: Sequence[str]) -> None:
    (folder / JOURNAL).write_text("\n".join(lines) + "\n")


def sparse(folder: Path) -> None:
    """Make the journal 20 GiB long, of which nothing is on the disk."""
    with (folder / JOURNAL).open("r+b") as file:
        file.truncate(20 * 2**30)


def half_line(folder: Path) -> None:
    """Add the begin of a line, as a process leaves it that is killed."""
    with (folder / JOURNAL).open("a") as file:
        file.write('{"op_')


def of_trial(code: int, trial: int = 0, **entries: Any) -> dict[str, Any]:
    """Return a line of the journal that adds to a trial."""
    return {"op_code": code, "worker_id": "x", "trial_id": trial, **entries}


epoch = partial(of_trial, 7, step=1, intermediate_value=1.0)
attribute = partial(of_trial, 8)

REFUSED: dict[str, Change] = {  # `zoo sweep --show` and `--resume` refuse them
    **{
        f"{name}: {kind}": special(name, kind)
        for name in (FILE, JOURNAL)
        for kind in ("pipe", "device", "itself", "outside", "folder")
    },
    "the pictures lie elsewhere": special("pictures", "elsewhere"),
    "sweep.json: a list": lambda folder: (folder / FILE).write_text("[]"),
    "sweep.json: nested lists": lambda folder: (folder / FILE).write_text("[" * 100_000),
    "name: a number": search(name=3),
    "name: 100,000 letters": search(name=LONG),
    "metric: 100,000 letters": search(metric=LONG),
    "metric: a list": search(metric=[]),
    "settings: a list": search(settings=[1]),
    "data: a number": search(data=3),
    "epochs: a text": search(epochs="x"),
    "direction: a number": search(direction=1),
    "trials: 10^9": search(trials=10**9),
    "space: no range": search(space={"learning_rate": 3}),
    "space: 101 settings": search(space={f"a{at}": {"choices": [1, 2]} for at in range(101)}),
    "space: an escape": search(space={"\x1b[31m": {"choices": [1, 2]}}),
    "space: a formula": search(space={"$\\frac{$": {"choices": [1, 2]}}),
    "choices: a number": search(space={"units": {"choices": 3}}),
    "choices: none": search(space={"units": {"choices": []}}),
    "low: a text": rate(low="x"),
    "low: true": rate(low=True),
    "low: below 0": rate(low=-1),
    "high: below low": rate(high=1e-5),
    "high: 10^400": rate(high=10**400),
    "step: of a logarithm": rate(step=1),
    "whole: of fractions": rate(whole=True),
    "journal: empty": lambda folder: (folder / JOURNAL).write_text(""),
    "journal: no JSON": more("x"),
    "journal: no UTF-8": lambda folder: (folder / JOURNAL).write_bytes(b'{"a":"\xff"}\n'),
    "journal: nested lists": more("[" * 100_000),
    "journal: a number of 5,000 digits": more('{"op_code": ' + "9" * 5000 + "}"),
    "journal: 20 GiB": sparse,
    "journal: an unknown operation": more({"op_code": 99, "worker_id": "x"}),
    "journal: a study is removed": more({"op_code": 1, "worker_id": "x", "study_id": 0}),
    "journal: no study": lines_of(0, op_code=3, study_id=0, system_attr={"a": 1}),
    "journal: another study": lines_of(0, study_name="other"),
    "journal: two directions": lines_of(0, directions=[1, 2]),
    "journal: 20,000 epochs of a trial": more(epoch(), count=20_000),
    "journal: 20,000 notes": more(
        {"op_code": 3, "worker_id": "x", "study_id": 0, "system_attr": {"a": 1}}, count=20_000
    ),
    "trial: unknown": more(epoch(trial=9)),
    "trial: below 0": more(epoch(trial=-1)),
    "trial: no settings": lines_of(4, params={}, distributions={}),
    "trial: other settings": lines_of(4, params={"evil": 1}),
    "trial: outside of the space": lines_of(4, params={"learning_rate": 9.0, "units": 0}),
    "trial: no such choice": lines_of(4, params={"learning_rate": 1e-2, "units": 0.5}),
    "trial: a broken distribution": lines_of(4, distributions={"learning_rate": "x"}),
    "trial: no time": lines_of(4, datetime_start="x"),
    "trial: in the year 1": lines_of(6, datetime_complete="0001-01-01T00:00:00+14:00"),
    "trial: two values": lines_of(6, values=[1.0, 2.0]),
    "trial: a value of infinity": lines_of(6, values=[float("inf")]),
    "trial: it runs again": lines_of(6, state=0),
    "epoch: a text": more(epoch(step="x")),
    "epoch: 0": more(epoch(step=0)),
    "attribute: unknown": more(attribute(user_attr={"evil": 1})),
    "attribute: none": more(attribute(user_attr={})),
    "attribute: an unknown state": more(attribute(user_attr={"state": "\x1b[31m"})),
    "attribute: seconds of text": more(attribute(user_attr={"seconds": "x"})),
    "attribute: no starts": more(attribute(user_attr={"starts": 3})),
}

SHOWN: dict[str, Change] = {  # `zoo sweep --show` shows them, and nothing odd of them
    "nothing": lambda folder: None,
    "the error has escapes": more(attribute(user_attr={"error": "\x1b[31m[red]\u202ex"})),
    "the metric has markup": search(metric="val_[red]x[/]"),
    "the metric has a formula": search(metric="val_$\\frac{$"),
    "a note of a dashboard": more(of_trial(9, system_attr={"dashboard:note": "x"})),
    "a value that is no number": more(epoch(step=4, intermediate_value=float("nan"))),
    "a whole number of 31 digits": lines_of(6, values=[10**30]),
    "an epoch of 31 digits": more(epoch(step=4, intermediate_value=10**30)),
    "a line that is not whole": half_line,
}
