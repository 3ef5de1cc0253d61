"""The data of the views: planes, directions, histograms, and the edit of a graph's global means."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from PIL import Image

from zoo.data.arrays import Array
from zoo.inference.parts import PartFunction
from zoo.pages.files import PageFiles
from zoo.pages.views import gallery, restore
from zoo.pages.views.global_means import FIXED, edit_of
from zoo.pages.views.latent import plane
from zoo.pages.views.novelty import histogram
from zoo.pages.views.packed import write_packed
from zoo.pages.views.samples import change, directions

CHANCE = np.random.default_rng(0)


class Linear(PartFunction):
    """Images that are linear in the latents."""

    def __init__(self, matrix: Array) -> None:
        super().__init__("generator", {"latents": (len(matrix),)}, ["image"])
        self.matrix = matrix

    def compute(self, arrays: Sequence[Array]) -> Sequence[Array]:
        return [arrays[0] @ self.matrix]


def test_the_plane_of_two_latents_is_that_of_the_latents() -> None:
    centre, axes, explained = plane(CHANCE.random((20, 2)))
    np.testing.assert_array_equal(centre, [0, 0])
    np.testing.assert_array_equal(axes, np.eye(2))
    assert explained == 1
    assert plane(CHANCE.random((20, 1)))[1].tolist() == [[1], [0]]


def test_the_plane_of_more_latents_holds_most_of_their_variance() -> None:
    codes = CHANCE.standard_normal((500, 5)) * [0.1, 4, 0.1, 2, 0.1]
    centre, axes, explained = plane(codes)
    np.testing.assert_allclose(np.abs(axes[0]), [0, 1, 0, 0, 0], atol=0.05)
    np.testing.assert_allclose(np.abs(axes[1]), [0, 0, 0, 1, 0], atol=0.05)
    np.testing.assert_allclose(centre, codes.mean(0))
    assert explained > 0.99


def test_directions_come_in_the_order_of_the_measured_change() -> None:
    matrix = np.diag([1.0, 5.0, 3.0]).astype(np.float32)
    generator = Linear(matrix)
    latents = CHANCE.standard_normal((4, 3)).astype(np.float32)
    found = directions(generator, latents, ())
    np.testing.assert_allclose(np.abs(found), np.eye(3)[[1, 2, 0]], atol=1e-3)
    changes = [change(generator, latents, (), vector) for vector in found]
    np.testing.assert_allclose(changes, [20 / 3, 12 / 3, 4 / 3], rtol=1e-3)


def test_a_histogram_counts_every_example_once() -> None:
    scores = np.array([-1.0, 0.0, 0.5, 3.0, 90.0])
    found = histogram(scores, 2.0, np.array([True, True, True, False, False]))
    assert {kind: sum(counts) for kind, counts in found["counts"].items()} == {
        "normal": 3,
        "novel": 2,
    }
    assert found["counts"]["novel"][-1] >= 1
    assert list(histogram(scores, 2.0, None)["counts"]) == ["all"]


def test_packed_numbers_are_read_again(tmp_path: Path) -> None:
    values = CHANCE.standard_normal((6, 2)).astype(np.float32)
    packed = write_packed(PageFiles(tmp_path), "points", values)
    stored = np.frombuffer((tmp_path / packed["file"]).read_bytes(), "<u2").reshape(6, 2)
    again = packed["low"] + stored * (packed["high"] - packed["low"]) / 65535
    np.testing.assert_allclose(again, values, atol=1e-4)


def graph_with_a_mean(names: Sequence[str] = ("x", "m", "y")) -> bytes:
    """Return the bytes of y = x - mean x over the image, with two channels."""
    x, mean, y = names
    shape = ["batch", 2, "height", "width"]
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", [x], [mean]),
            helper.make_node("Sub", [x, mean], [y]),
        ],
        "centre",
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(y, TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


def run(content: bytes, **inputs: Any) -> list[Any]:
    return list(onnxruntime.InferenceSession(content).run(None, inputs))


def test_global_means_are_told_and_can_be_given() -> None:
    content = graph_with_a_mean()
    edit = edit_of(content)
    assert edit is not None
    assert edit.means == (("given_m", "m", 2),)
    edited = edit.apply(content)
    x = CHANCE.random((1, 2, 4, 5), np.float32)
    zeros = np.zeros((1, 2, 1, 1), np.float32)
    own, mean = run(edited, x=x, given_m=zeros, **{FIXED: np.array([False])})
    np.testing.assert_array_equal(own, run(content, x=x)[0])
    np.testing.assert_allclose(mean, x.mean((2, 3), keepdims=True), rtol=1e-6)
    given, _ = run(edited, x=x, given_m=zeros + 0.25, **{FIXED: np.array([True])})
    np.testing.assert_array_equal(given, x - np.float32(0.25))
    onnx.load_from_string(edited)


def test_a_graph_without_global_means_has_no_edit() -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "relu",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    assert edit_of(helper.make_model(graph).SerializeToString()) is None


@pytest.mark.parametrize("size", [(3, 3), (5, 1)])
def test_the_reach_of_a_pixel_is_measured(size: tuple[int, int], tmp_path: Path) -> None:
    weight = helper.make_tensor(
        "w", TensorProto.FLOAT, [2, 2, *size], [0.1] * (4 * size[0] * size[1])
    )
    shape = ["batch", "height", "width", 2]
    pads = [size[0] // 2, size[1] // 2] * 2
    graph = helper.make_graph(
        [
            helper.make_node("Transpose", ["image"], ["x"], perm=[0, 3, 1, 2]),
            helper.make_node("Conv", ["x", "w"], ["c"], pads=pads),
            helper.make_node("GlobalAveragePool", ["c"], ["m"]),
            helper.make_node("Sub", ["c", "m"], ["d"]),
            helper.make_node("Transpose", ["d"], ["y"], perm=[0, 2, 3, 1]),
        ],
        "blur",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path = tmp_path / "blur.onnx"
    path.write_bytes(model.SerializeToString())
    edit = edit_of(path.read_bytes())
    assert edit is not None
    assert restore.reach(path, edit, "image", 2) == max(size) // 2


def test_the_photograph_is_blurred_the_same_way_every_time() -> None:
    sharp = restore.sample_photograph()
    assert sharp.shape == (320, 480, 3)
    blurred = restore.blur(sharp)
    np.testing.assert_array_equal(blurred, restore.blur(sharp))
    steps = [np.abs(np.diff(each.astype(float), axis=1)).mean() for each in (sharp, blurred)]
    assert steps[1] < 0.8 * steps[0]


def test_small_images_keep_their_pixels_and_large_ones_are_reduced(tmp_path: Path) -> None:
    files = PageFiles(tmp_path)
    small = CHANCE.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    with Image.open(tmp_path / gallery.write_image(files, "small", small)) as image:
        np.testing.assert_array_equal(np.asarray(image), small)
    large = np.zeros((720, 400, 1), np.uint8)
    with Image.open(tmp_path / gallery.write_image(files, "large", large)) as image:
        assert image.size == (200, 360)
