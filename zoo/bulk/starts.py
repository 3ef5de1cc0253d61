"""How often the process of a part was killed, and at which items: so that no part is begun for ever.

If the process of a part is killed, such as by the system where memory is short, Ray begins the part again,
for ever. So each start is counted, in OUT/results/.part-00000.json while the part is computed. From the
second start on, the part is computed item by item, and the file has the number of the item.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from zoo.bulk.plan import part_file
from zoo.errors import ZooError
from zoo.io.atomic import make_directory, write_json
from zoo.io.text import read_json

__all__ = ["MOST_KILLS", "PartStarts", "begin_part", "count_starts"]

MOST_KILLS = 2  # at one item; then it counts as broken
MOST_STARTS = (
    8  # of a part in one command: one for all items, and two for each of three broken ones
)


@dataclass
class PartStarts:
    """The starts of one part.

    Args:
        path: of the file that counts them.
        count: how many there are.
        item: the number of the item that is computed, in the part; None if all of them are.
        kills: how often a process was killed, by the number of the item; a key of JSON is a text.
    """

    path: Path
    count: int = 0
    item: int | None = None
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def item_by_item(self) -> bool:
        """Whether a process of this part was killed before."""
        return self.count > 1

    def keep_item(self, number: int | None) -> None:
        """Keep the number of the item that is computed now; None after the last one."""
        self.item = number
        self.write()

    def is_broken(self, number: int) -> bool:
        """Return whether the process was killed too often at an item."""
        return self.kills.get(str(number), 0) >= MOST_KILLS

    def write(self) -> None:
        """Write the file."""
        values = asdict(self)
        del values["path"]
        write_json(self.path, values)

    def end(self) -> None:
        """Remove the file: the part is written."""
        self.path.unlink(missing_ok=True)


def begin_part(out: Path, part: int) -> PartStarts:
    """Count a start of a part, and return all of them.

    Args:
        out: the folder of the results.
        part: its number.

    Raises:
        ZooError: the part was begun too often.
    """
    path = _file(out, part)
    make_directory(path.parent)
    starts = PartStarts(path, **(read_json(path, out) if path.exists() else {}))
    if starts.item is not None:
        kills = starts.kills.get(str(starts.item), 0)
        starts.kills[str(starts.item)], starts.item = kills + 1, None
    if starts.count >= MOST_STARTS:
        raise ZooError(
            f"its process was killed {starts.count} times, at {len(starts.kills)} of its items; memory may "
            "be short. What is written stays: the same command goes on with the rest."
        )
    starts.count += 1
    starts.write()
    return starts


@contextmanager
def count_starts(out: Path) -> Iterator[None]:
    """Let the starts of parts count for one command: what another one has left is removed.

    Args:
        out: the folder of the results; the caller holds its lock.
    """
    _forget(out)
    try:
        yield
    finally:
        _forget(out)


def _forget(out: Path) -> None:
    for path in (out / "results").glob(".part-*.json"):
        path.unlink(missing_ok=True)


def _file(out: Path, part: int) -> Path:
    return part_file(out, part).with_name(f".part-{part:05}.json")
