"""`zoo explain`: where a classifier looks in the user's own files, as arrays and as pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.arrays import Array
from zoo.data.inputs import expand_items, item_name, read_input
from zoo.errors import DataError, UnknownName
from zoo.inference.form_reader import form_notes, read_in_form
from zoo.inference.saved_results import output_names
from zoo.interpret.attribution import METHODS, Explainer
from zoo.interpret.attribution_plots import plot_attributions
from zoo.interpret.classifier import open_classifier
from zoo.interpret.inputs.pixel_values import PixelValues
from zoo.interpret.inputs.response import warn_if_constant
from zoo.io import pictures
from zoo.runs.display.choice import choose_track
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

    from zoo.io.plots.shown_figure import ShownFigure

__all__ = ["Explanation", "explain"]

_log = logging.getLogger("zoo")
Track = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The classes that a classifier gives one input, and where it looked for one class.

    Args:
        item: the item's name.
        input: the input, without a batch axis.
        predicted: the most probable class.
        probability: its probability.
        explained: the class that `maps` are for.
        its_probability: the probability of that class.
        maps: by method, how much each number (for gradcam, each position) of the input contributes.
        picture: the file with the picture, if there is one.
    """

    item: str
    input: Array = field(repr=False)
    predicted: str
    probability: float
    explained: str
    its_probability: float
    maps: dict[str, Array] = field(repr=False)
    picture: Path | None = None

    def plot(self) -> ShownFigure:
        """Draw the input, and beside it what each method says."""
        name = pictures.shorten(Path(self.item).name, 40)
        title = f"{name}: {self.predicted}, probability {self.probability:.4g}"
        if self.explained != self.predicted:
            title += f". Shown: {self.explained}, probability {self.its_probability:.4g}"
        return plot_attributions(self.input, self.maps, title)

    def _repr_png_(self) -> bytes:
        return self.plot().to_png()

    def to_json(self) -> dict[str, Any]:
        """Return the classes, their probabilities and the picture as plain data."""
        row: dict[str, Any] = {
            "item": self.item,
            "class": self.predicted,
            "probability": self.probability,
        }
        if self.explained != self.predicted:
            row |= {"explained": self.explained, "its probability": self.its_probability}
        return row | ({"picture": self.picture} if self.picture else {})


def explain(
    network: str | Path | Run | keras.Model,
    items: Sequence[Any],
    *,
    methods: Sequence[str] = (),
    class_name: str | int | None = None,
    out: str | Path | None = None,
    layer: str | None = None,
    output: str | None = None,
    seed: int = 0,
    draws: int = 32,
    noise: float = 0.15,
    steps: int = 256,
    baseline: float | None = None,
    pixel_range: str | Sequence[float] | None = None,
    preprocess: str | None = None,
) -> list[Explanation]:
    """Explain the predictions of a classifier for files or arrays.

    Args:
        network: a run with a classifier, a .keras or .h5 file, a network of keras.applications, or a model.
        items: image files, .npy files, .ts or .csv files of series, folders, or arrays of the network's
            input shape.
        methods: gradient, smoothgrad, integrated or gradcam; all that the network allows, if empty.
        class_name: the class to explain, by name or by number; the most probable one, if None.
        out: the folder for a picture of each item; None for no pictures.
        layer: the layer whose maps gradcam weighs; the last convolution's, if None.
        output: the output that has the classes, if the network has several.
        seed: the seed of smoothgrad's noise.
        draws: the number of noisy copies that smoothgrad averages over.
        noise: their standard deviation, as a share of the input's range.
        steps: the number of points at which integrated takes gradients.
        baseline: the input's value without information, for integrated; 0, if None.
        pixel_range: the values of black and white that a .keras or .h5 file or a model takes, such as
            `0..255`; if None, its first layers tell, else 0 to 1.
        preprocess: caffe, torch or tf: the preprocessing of keras.applications that it was trained with.

    Returns:
        One explanation for each item; a folder stands for the files in it, a file of series for its series.

    Raises:
        UnknownName: nothing has the network's name, or there is no such class, method or output.
        SettingError: the network is no classifier, or a setting is out of range.
        DataError: an item cannot be read, or does not fit the network.
        WriteError: a picture cannot be written.

    Example:
        >>> (found,) = zoo.explain("cnn.mnist", ["seven.png"], methods=["integrated"])
        >>> found.predicted, found.maps["integrated"].sum()
    """
    classifier = open_classifier(network, output, PixelValues(pixel_range, preprocess))
    explainer = Explainer(classifier, layer, draws, noise, steps, baseline, seed)
    options: dict[str, Any] = {"class_name": class_name, "out": out, "track": choose_track(None)}
    return list(explain_each(explainer, items, methods=methods, **options))


def explain_each(
    explainer: Explainer,
    items: Sequence[Any],
    *,
    methods: Sequence[str] = (),
    class_name: str | int | None = None,
    out: str | Path | None = None,
    on_error: Callable[[DataError], None] | None = None,
    track: Track = iter,
) -> Iterator[Explanation]:
    """Yield the explanation of each item as `explain` returns it, one after the other.

    Args:
        explainer: the classifier, with the settings of the methods.
        items: as for `explain`.
        methods: as for `explain`.
        class_name: as for `explain`.
        out: as for `explain`.
        on_error: called with the error of an item that cannot be read, which is then left out; if None,
            the error is raised.
        track: shows progress over the items.
    """
    methods = _check_methods(explainer, methods, class_name)
    items = [items] if isinstance(items, str | Path) else items
    paths = [Path(item) if isinstance(item, str) else item for item in items]
    files = expand_items(paths, explainer.classifier.shape)
    names = output_names([file if isinstance(file, Path) else Path("array") for file in files])
    read = _item_reader(explainer)
    try:
        for file, name in zip(track(files), names, strict=True):
            picture = None if out is None else Path(out) / f"{name}-explained"
            try:
                yield _explain_item(explainer, file, read(file), methods, class_name, picture)
            except DataError as error:
                if on_error is None:
                    raise
                on_error(error)
    finally:
        for text in form_notes(read):
            _log.warning("%s", text)


def _item_reader(explainer: Explainer) -> Callable[[Any], Array]:
    """Return what reads items as `zoo apply` reads them."""
    classifier = explainer.classifier
    read = partial(read_input, shape=classifier.shape, resize=classifier.resize)
    return read_in_form(read, classifier.data)


def _check_methods(
    explainer: Explainer, methods: Sequence[str], class_name: str | int | None
) -> tuple[str, ...]:
    """Return the methods to use; refuse an unknown class or method before anything long begins.

    Raises:
        UnknownName: there is no such class or method.
    """
    if class_name is not None:
        explainer.classifier.class_index(class_name)
    for method in methods:
        if method not in METHODS:
            raise UnknownName("method", method, METHODS)
    return tuple(methods) or explainer.methods


def _explain_item(
    explainer: Explainer,
    item: Any,
    x: Array,
    methods: Sequence[str],
    class_name: str | int | None,
    picture: Path | None,
) -> Explanation:
    classifier = explainer.classifier
    warn_if_constant(item_name(item), x)
    probabilities = classifier.probabilities(classifier.logits(x[None]))[0]
    best = int(probabilities.argmax())
    index = best if class_name is None else classifier.class_index(class_name)
    maps = {method: explainer.explain(x, index, method) for method in methods}
    explanation = Explanation(
        item_name(item),
        x,
        classifier.classes[best],
        float(probabilities[best]),
        classifier.classes[index],
        float(probabilities[index]),
        maps,
    )
    if picture is None:
        return explanation
    return replace(explanation, picture=pictures.save(explanation.plot(), picture))
