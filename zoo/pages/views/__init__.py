"""The views of pages, one module each: whether a model fits, and the data that its TypeScript half reads."""

from __future__ import annotations

from typing import Any, Protocol, cast

from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views import classifier, gallery, latent, novelty, plain, restore, samples

__all__ = ["View", "find_view"]


class View(Protocol):
    """The members of a view's module. Its TypeScript half is web/src/views/NAME.ts."""

    def fits(self, model: PageModel) -> bool:
        """Return whether a model has what the view shows. Decide by parts and shapes, not by names."""

    def data(self, model: PageModel, files: PageFiles) -> dict[str, Any]:
        """Write the files that the view needs, and return the content of `data` in page.json."""


VIEWS = {  # the first that fits is used
    "classifier": classifier,
    "latent": latent,
    "novelty": novelty,
    "samples": samples,
    "restore": restore,
    "gallery": gallery,
    "plain": plain,
}


def find_view(model: PageModel) -> tuple[str, View]:
    """Return the name of a model's view, and its module."""
    for name, module in VIEWS.items():
        if module.fits(model):
            return name, cast(View, module)
    raise AssertionError("the plain view fits every model")
