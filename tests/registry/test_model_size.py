"""Parameters are counted without memory for them, or the model is refused."""

from __future__ import annotations

from typing import Any

import pytest

from zoo.errors import PluginError
from zoo.registry.model_size import count_parameters


@pytest.mark.parametrize(("cause", "refused"), [(RecursionError(), True), (ValueError(), False)])
def test_a_model_that_is_too_deep_is_not_built_with_values(cause: Exception, refused: bool) -> None:
    class Architecture:
        def build(self, config: Any) -> Any:
            raise PluginError("build() failed") from cause

    architecture: Any = Architecture()
    if refused:
        with pytest.raises(PluginError, match="build"):
            count_parameters(architecture, architecture)
    else:
        assert count_parameters(architecture, architecture) is None
