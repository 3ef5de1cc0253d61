"""Classes by name or number."""

import pytest

from zoo.data.class_names import class_index
from zoo.errors import UnknownName


@pytest.mark.parametrize(
    ("name", "classes", "index"),
    [
        ("ship", ("cat", "ship"), 1),
        (1, ("cat", "ship"), 1),
        ("1", ["cat", "ship"], 1),
        (7, ["7", "cat"], 0),  # a name counts before a number
        (0, ["7", "cat"], 0),
    ],
)
def test_a_class_is_found_by_name_or_else_by_number(
    name: str | int, classes: list[str], index: int
) -> None:
    assert class_index(name, classes) == index


@pytest.mark.parametrize("name", ["shp", 2, "2", -1, "-1", ""])
def test_an_unknown_class_is_refused(name: str | int) -> None:
    with pytest.raises(UnknownName, match="no class"):
        class_index(name, ("cat", "ship"))
    with pytest.raises(UnknownName, match="Did you mean ship"):
        class_index("shp", ("cat", "ship"))
