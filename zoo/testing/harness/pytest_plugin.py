"""The plug-in of pytest that comes with the zoo: the fixture `registered`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zoo.testing.harness.isolation import Register


@pytest.fixture
def registered() -> Iterator[Register]:
    """Yield a function that registers a module as a plug-in for one test: `registered(zoo_my_net)`.

    It takes the module, and if needed `name` and `kind`; it returns `kind:name`. Until the test ends, only
    the registered modules and the zoo's own plug-ins are seen, whatever is installed.
    """
    from zoo.testing.harness.isolation import isolated_plugins

    with isolated_plugins() as register:
        yield register
