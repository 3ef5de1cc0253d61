"""What a run shows in a notebook: itself, its curves and its pictures."""

import io

import pytest
from PIL import Image

import zoo
from zoo.publication.notebook import AnimatedPicture


def test_a_run_plots_its_curves_and_its_pictures(trained: zoo.Run) -> None:
    figure = trained.plot()
    assert [axes.get_title() for axes in figure.axes] == ["accuracy", "loss"]
    with Image.open(io.BytesIO(figure._repr_png_())) as shown:
        assert shown.width > 300
    assert trained.plot("confusion").size[0] > 100
    with pytest.raises(zoo.UnknownName, match=r"no picture 'confuson'\. Did you mean confusion"):
        trained.plot("confuson")


def test_the_parts_of_a_run_are_models(trained: zoo.Run) -> None:
    assert list(trained.parts) == ["classifier"]
    assert trained.parts["classifier"].output_shape == (None, 10)
    assert trained.parts is trained.parts


def test_an_animation_plays_in_a_notebook() -> None:
    assert AnimatedPicture(b"GIF89a")._repr_html_().startswith('<img src="data:image/gif;base64,')
