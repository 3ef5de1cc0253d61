"""The inputs that tell copies apart: a volume's noise averages out, large blocks do not."""

from io import BytesIO

import keras
import numpy as np
import pytest

from zoo.errors import ExportError
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probe_inputs import draw_inputs, fillers
from zoo.exporters.parts.probes import (
    GOOD_VARIATION,
    _least_variation,
    _probes_of_fitting_sizes,
    load_probes,
    make_probes,
    save_probes,
    tolerance_scales,
)


def pooled_volume(scale: float) -> Part:
    """Return the mean over a volume, times a scale: what a classifier sees after pooling."""
    volume = keras.Input((24, 24, 24, 1), name="volume")
    mean = keras.layers.GlobalAveragePooling3D()(volume)
    score = keras.layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(scale), name="score"
    )
    return prepare_part("classifier", keras.Model(volume, score(mean)))


def test_a_classifier_that_pools_over_a_volume_is_told_apart_by_blocks() -> None:
    part = pooled_volume(0.1)
    noise, *_, blocks = (_probes_of_fitting_sizes(part, fill) for fill in fillers(part))
    assert _least_variation(noise)[0] < 0.2 * GOOD_VARIATION
    assert _least_variation(blocks)[0] > GOOD_VARIATION
    assert _least_variation(make_probes(part)[:2])[0] > GOOD_VARIATION


def test_an_output_that_varies_little_has_a_smaller_tolerance() -> None:
    assert tolerance_scales(make_probes(pooled_volume(1.0))) == {"score": 1.0}
    assert 0.02 <= tolerance_scales(make_probes(pooled_volume(3e-4)))["score"] < 0.5


def test_an_output_that_varies_by_rounding_alone_is_refused() -> None:
    with pytest.raises(ExportError, match="the same for every input tried, up to rounding"):
        make_probes(pooled_volume(1e-7))


def test_there_are_three_sizes_of_batch_and_all_arrays_are_saved() -> None:
    probes = make_probes(pooled_volume(0.1))
    assert len({len(probe.inputs["volume"]) for probe in probes}) == 3
    file = BytesIO()
    save_probes({"classifier": probes}, file)
    file.seek(0)
    loaded = load_probes(dict(np.load(file)), "classifier")
    assert [probe.inputs.keys() for probe in loaded] == [probe.inputs.keys() for probe in probes]
    for probe, original in zip(loaded, probes, strict=True):
        np.testing.assert_array_equal(probe.outputs["score"], original.outputs["score"])


@pytest.mark.parametrize(("scale", "largest"), [(1 / 255, 255), (1 / 127.5, 127.5), (2.0, 1)])
def test_pixels_that_are_divided_first_get_their_range(scale: float, largest: float) -> None:
    pixels = keras.Input((8, 8, 3), name="pixels")
    outputs = keras.layers.Flatten()(keras.layers.Rescaling(scale, -1.0)(pixels))
    part = prepare_part("model", keras.Model(pixels, outputs))
    drawn = draw_inputs(part, fillers(part)[0], 0, {}, 4)["pixels"]
    assert 0.9 * largest < drawn.max() <= largest
