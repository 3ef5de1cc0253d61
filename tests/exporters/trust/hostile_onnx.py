"""Hostile ONNX files by name: each has the honest input and output, and something that must be refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from zoo.io.digest import file_digest

FLOAT = TensorProto.FLOAT
IN, OUT = "inputs", "scores"
WEIGHTS = numpy_helper.from_array(np.eye(4, 3, dtype="float32"), "kernel")
Change = Callable[[Path], None]

CASES: dict[str, tuple[Change, str]] = {}
"""What writes over PATH/model.onnx, and a part of the message that says what is wrong."""


def case(expected: str) -> Callable[[Change], Change]:
    """Add a case: a function that takes the folder."""

    def add(change: Change) -> Change:
        CASES[change.__name__] = (change, expected)
        return change

    return add


def graph(nodes: Sequence[Any], initializers: Sequence[Any] = (), name: str = "g") -> Any:
    """Return a graph with the honest input and output."""
    return helper.make_graph(
        list(nodes),
        name,
        [helper.make_tensor_value_info(IN, FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info(OUT, FLOAT, ["batch", 3])],
        [WEIGHTS, *initializers],
    )


def matmul(source: str = IN, target: str = OUT) -> Any:
    """Return the honest node."""
    return helper.make_node("MatMul", [source, "kernel"], [target])


def save(folder: Path, content: Any, **options: Any) -> None:
    """Write a graph, a model or bytes as the folder's model.onnx."""
    if isinstance(content, onnx.GraphProto):
        options.setdefault("opset_imports", [helper.make_opsetid("", 17)])
        content = helper.make_model(content, ir_version=8, **options)
    data = content if isinstance(content, bytes) else content.SerializeToString()
    (folder / "model.onnx").write_bytes(data)


def body(nodes: Sequence[Any], outputs: Sequence[Any], inputs: Sequence[Any] = ()) -> Any:
    """Return a graph for a subgraph."""
    return helper.make_graph(list(nodes), "body", list(inputs), list(outputs))


def value(name: str, kind: int = FLOAT, shape: Any = None) -> Any:
    """Return the declaration of a value."""
    return helper.make_tensor_value_info(name, kind, shape)


EVIL = helper.make_node("Evil", [IN], ["e"], domain="evil.corp")


@case("'Evil' of the domain 'evil.corp'")
def custom_operator(folder: Path) -> None:
    save(folder, graph([EVIL, matmul()]), opset_imports=[helper.make_opsetid("", 17)])


@case("of the domain 'com.microsoft'")
def operator_of_a_vendor(folder: Path) -> None:
    save(
        folder, graph([helper.make_node("Inverse", [IN], ["e"], domain="com.microsoft"), matmul()])
    )


@case("of the domain 'ai.onnx.ml'")
def operator_of_another_domain(folder: Path) -> None:
    save(folder, graph([helper.make_node("Scaler", [IN], ["e"], domain="ai.onnx.ml"), matmul()]))


@case("'PyOp' of the domain 'ai.onnx.contrib'")
def python_operator(folder: Path) -> None:
    save(folder, graph([helper.make_node("PyOp", [IN], ["e"], domain="ai.onnx.contrib"), matmul()]))


@case("'ImageDecoder'")
def decoder_of_pictures(folder: Path) -> None:
    save(folder, graph([helper.make_node("ImageDecoder", [IN], ["e"]), matmul()]))


@case("'RegexFullMatch'")
def regular_expression(folder: Path) -> None:
    save(
        folder, graph([helper.make_node("RegexFullMatch", [IN], ["e"], pattern="(a+)+b"), matmul()])
    )


@case("'NoSuchOperator'")
def unknown_operator(folder: Path) -> None:
    save(folder, graph([helper.make_node("NoSuchOperator", [IN], ["e"]), matmul()]))


@case("'Evil'")
def in_a_branch_of_if(folder: Path) -> None:
    branch = body([EVIL], [value("e")])
    true = numpy_helper.from_array(np.array(True), "yes")
    node = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    save(folder, graph([node, matmul()], [true]))


@case("'Evil'")
def in_the_body_of_loop(folder: Path) -> None:
    inner = body([EVIL], [value("e")], [value("i", TensorProto.INT64, [])])
    save(folder, graph([helper.make_node("Loop", ["", ""], ["y"], body=inner), matmul()]))


@case("'Evil'")
def in_the_body_of_scan(folder: Path) -> None:
    inner = body([EVIL], [value("e")], [value("row")])
    node = helper.make_node("Scan", [IN], ["y"], body=inner, num_scan_inputs=1)
    save(folder, graph([node, matmul()]))


@case("'Evil'")
def in_a_branch_in_a_loop(folder: Path) -> None:
    branch = body([EVIL], [value("e")])
    node = helper.make_node("If", ["c"], ["z"], then_branch=branch, else_branch=branch)
    inner = body([node], [value("z")], [value("i", TensorProto.INT64, [])])
    save(folder, graph([helper.make_node("Loop", ["", ""], ["y"], body=inner), matmul()]))


def function(name: str, nodes: Sequence[Any], domain: str = "local") -> Any:
    """Return a local function from x to y."""
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("evil.corp", 1)]
    return helper.make_function(domain, name, ["x"], ["y"], list(nodes), imports)


def with_functions(nodes: Sequence[Any], functions: Sequence[Any]) -> Any:
    """Return a model with local functions."""
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    return helper.make_model(
        graph(nodes), opset_imports=imports, functions=list(functions), ir_version=8
    )


@case("'Evil'")
def in_a_local_function(folder: Path) -> None:
    inner = helper.make_node("Evil", ["x"], ["y"], domain="evil.corp")
    call = helper.make_node("Honest", [IN], ["e"], domain="local")
    save(folder, with_functions([call, matmul()], [function("Honest", [inner])]))


@case("'Evil'")
def in_a_function_that_nothing_calls(folder: Path) -> None:
    inner = helper.make_node("Evil", ["x"], ["y"], domain="evil.corp")
    save(folder, with_functions([matmul()], [function("Honest", [inner])]))


@case("'ImageDecoder'")
def local_function_with_a_standard_name(folder: Path) -> None:
    inner = helper.make_node("Identity", ["x"], ["y"])
    call = helper.make_node("ImageDecoder", [IN], ["e"])
    save(folder, with_functions([call, matmul()], [function("ImageDecoder", [inner], "")]))


def external(name: str, location: str) -> Any:
    """Return a tensor whose values lie in another file."""
    tensor = TensorProto(name=name, data_type=FLOAT, dims=[4, 3])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def with_external_weights(location: str) -> Change:
    """Return a case with an initializer in another file."""

    def change(folder: Path) -> None:
        node = helper.make_node("MatMul", [IN, "w"], [OUT])
        save(folder, graph([node], [external("w", location)]))

    return change


for name, location in {
    "weights_outside": "../secret.bin",
    "weights_at_an_absolute_path": "/etc/passwd",
    "weights_that_the_report_does_not_name": "other.bin",
    "weights_without_a_name": "",
    "weights_in_a_device": "/dev/zero",
}.items():
    CASES[name] = (with_external_weights(location), "takes weights from the file")


@case("takes weights from the file")
def weights_outside_in_a_constant(folder: Path) -> None:
    constant = helper.make_node("Constant", [], ["c"], value=external("c", "../secret.bin"))
    save(folder, graph([constant, matmul()]))


@case("takes weights from the file")
def weights_outside_in_a_branch(folder: Path) -> None:
    branch = body([], [value("w")])
    branch.initializer.append(external("w", "../secret.bin"))
    true = numpy_helper.from_array(np.array(True), "yes")
    node = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    save(folder, graph([node, matmul()], [true]))


@case("takes weights from the file")
def sparse_weights_outside(folder: Path) -> None:
    whole = graph([matmul()])
    sparse = whole.sparse_initializer.add(dims=[4, 3])
    sparse.values.CopyFrom(external("w", "../secret.bin"))
    save(folder, whole)


@case("link")
def weights_that_are_a_link(folder: Path) -> None:
    (folder / "model.onnx.data").symlink_to("/etc/passwd")
    with_external_weights("model.onnx.data")(folder)


@case("training")
def graphs_for_training(folder: Path) -> None:
    model = helper.make_model(graph([matmul()]))
    model.training_info.add().algorithm.CopyFrom(graph([EVIL, matmul()]))
    save(folder, model)


def loop_without_end() -> Any:
    """Return a graph whose Loop goes on while a constant is true."""
    keep = numpy_helper.from_array(np.array(True), "yes")
    inner = body(
        [
            helper.make_node("Identity", ["c"], ["c2"]),
            helper.make_node("Add", ["v", "v"], ["v2"]),
        ],
        [value("c2", TensorProto.BOOL, []), value("v2", FLOAT, None)],
        [
            value("i", TensorProto.INT64, []),
            value("c", TensorProto.BOOL, []),
            value("v", FLOAT, None),
        ],
    )
    node = helper.make_node("Loop", ["", "yes", IN], ["looped"], body=inner)
    return graph([node, matmul("looped")], [keep])


@case("it does not end")
def endless_loop(folder: Path) -> None:
    save(folder, loop_without_end())


@case("memory|allocat|refuses")
def very_large_constant(folder: Path) -> None:
    shape = numpy_helper.from_array(np.array([2**20, 2**13], "int64"), "shape")
    fill = helper.make_node("ConstantOfShape", ["shape"], ["big"])
    small = helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0)
    add = helper.make_node("Add", ["scored", "sum"], [OUT])
    save(folder, graph([fill, small, matmul(target="scored"), add], [shape]))


@case("memory|allocat|refuses")
def very_large_tile(folder: Path) -> None:
    times = numpy_helper.from_array(np.array([2**18, 2**14], "int64"), "times")
    tile = helper.make_node("Tile", [IN, "times"], ["big"])
    small = helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0)
    add = helper.make_node("Add", ["scored", "sum"], [OUT])
    save(folder, graph([tile, small, matmul(target="scored"), add], [times]))


@case("it is empty")
def empty_file(folder: Path) -> None:
    save(folder, b"")


@case("cut off|no graph|refuses")
def cut_off(folder: Path) -> None:
    data = (folder / "model.onnx").read_bytes()
    save(folder, data[: len(data) // 2])


@case("cut off|no graph|kind|number")
def random_bytes(folder: Path) -> None:
    save(folder, np.random.default_rng(0).bytes(5000))


def field(number: int, content: bytes) -> bytes:
    """Return a field of bytes in the wire format."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


@case("levels deep")
def very_deep(folder: Path) -> None:
    inner = b""
    for _ in range(200):  # a graph in an attribute of a node of a graph
        inner = field(1, field(4, b"If") + field(5, field(6, inner)))
    save(folder, field(7, inner))


@case("longer than it needs to be")
def numbers_in_a_longer_form(folder: Path) -> None:
    node = field(4, b"Identity")
    save(folder, field(7, bytes([0x8A, 0x80, 0x00]) + bytes([len(node)]) + node))


@case("of a kind that no graph has")
def groups(folder: Path) -> None:
    save(folder, bytes([7 << 3 | 3, 7 << 3 | 4]))


@case("two names")
def node_with_two_operators(folder: Path) -> None:
    save(folder, field(7, field(1, field(4, b"Evil") + field(4, b"Identity"))))


@case("'Evil'")
def second_graph_that_is_merged(folder: Path) -> None:
    evil = field(7, field(1, field(4, b"Evil")))
    save(folder, (folder / "model.onnx").read_bytes() + evil)


@case("a name of")
def very_long_name(folder: Path) -> None:
    save(folder, field(7, field(1, field(4, b"E" * 10**6))))


@case("fields of an ONNX file")
def very_many_fields(folder: Path) -> None:
    save(folder, field(7, field(1, field(4, b"Identity")) * 60_000))


# what parsers and runtimes may follow without an end, or read beyond the file


@case("it does not end|memory|allocat|refuses|ended")
def function_that_calls_itself(folder: Path) -> None:
    again = helper.make_node("Honest", ["x"], ["y"], domain="local")
    call = helper.make_node("Honest", [IN], ["e"], domain="local")
    inner = function("Honest", [again])
    inner.opset_import.add(domain="local", version=1)
    save(folder, with_functions([call, matmul()], [inner]))


@case("it does not end|memory|allocat|refuses|ended")
def functions_that_double_forty_times(folder: Path) -> None:
    functions = [function("F0", [helper.make_node("Identity", ["x"], ["y"])])]
    for number in range(1, 41):
        name = f"F{number - 1}"
        calls = [
            helper.make_node(name, ["x"], ["z"], domain="local"),
            helper.make_node(name, ["z"], ["y"], domain="local"),
        ]
        functions.append(function(f"F{number}", calls))
        functions[-1].opset_import.add(domain="local", version=1)
    call = helper.make_node("F40", [IN], ["e"], domain="local")
    save(folder, with_functions([call, matmul("e")], functions))


@case("takes weights from the file")
def second_location_of_weights(folder: Path) -> None:
    tensor = external("w", "model.onnx.data")
    tensor.external_data.add(key="location", value="/etc/passwd")
    save(folder, graph([helper.make_node("MatMul", [IN, "w"], [OUT])], [tensor]))


@case("takes weights from the file")
def weights_by_a_detour(folder: Path) -> None:
    with_external_weights("./model.onnx.data")(folder)


@case("takes weights from the file")
def weights_in_the_memory_of_the_process(folder: Path) -> None:
    location = (
        "*/_ORT_MEM_ADDR_/*"  # with an address as its offset; versions of ONNX Runtime read there
    )
    (folder / location).parent.mkdir(parents=True)
    (folder / location).write_bytes(np.eye(4, 3, dtype="float32").tobytes())
    tensor = external("w", location)
    tensor.external_data.add(key="offset", value="4194304")
    save(folder, graph([helper.make_node("MatMul", [IN, "w"], [OUT])], [tensor]))
    report = json.loads((folder / "report.json").read_text())
    for file in report["files"]:
        file |= {"data": location, "data_sha256": file_digest(folder / location)}
    (folder / "report.json").write_text(json.dumps(report))


def with_initializer(change: Callable[[Any], Any]) -> Change:
    """Return a case whose weights are changed."""

    def write(folder: Path) -> None:
        tensor = numpy_helper.from_array(np.eye(4, 3, dtype="float32"), "w")
        change(tensor)
        save(folder, graph([helper.make_node("MatMul", [IN, "w"], [OUT])], [tensor]))

    return write


def set_dims(*dims: int) -> Callable[[Any], Any]:
    """Return a change of the shape that a tensor declares."""

    def change(tensor: Any) -> None:
        del tensor.dims[:]
        tensor.dims.extend(dims)

    return change


REFUSED = "refuses|ended|memory|allocat|computes|differ|shape"
CASES |= {
    "weights_of_a_size_below_0": (with_initializer(set_dims(-4, -3)), REFUSED),
    "weights_of_2_to_the_62": (with_initializer(set_dims(2**31, 2**31)), REFUSED),
    "weights_of_more_than_they_hold": (with_initializer(set_dims(400, 300)), REFUSED),
    "weights_of_an_unknown_type": (
        with_initializer(lambda tensor: setattr(tensor, "data_type", 99)),
        REFUSED,
    ),
    "weights_of_texts": (
        with_initializer(lambda tensor: setattr(tensor, "data_type", TensorProto.STRING)),
        REFUSED,
    ),
}


def computed_from(*nodes: Any, initializers: Sequence[Any] = ()) -> Change:
    """Return a case that adds 0 times the sum of the value `big` to the honest output."""

    def write(folder: Path) -> None:
        zero = numpy_helper.from_array(np.zeros((), "float32"), "zero")
        rest = [
            helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0),
            helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
            matmul(target="scored"),
            helper.make_node("Add", ["scored", "nothing"], [OUT]),
        ]
        save(folder, graph([*nodes, *rest], [zero, *initializers]))

    return write


def numbers(name: str, *values: float, kind: str = "int64") -> Any:
    """Return a constant."""
    return numpy_helper.from_array(np.array(values, kind), name)


def scalar(name: str, value: float) -> Any:
    """Return a constant without an axis."""
    return numpy_helper.from_array(np.array(value, "float32"), name)


NO_MEMORY = "memory|allocat|refuses|does not end|ended|waits"
CASES |= {
    "very_long_range": (
        computed_from(
            helper.make_node("Range", ["from", "to", "step"], ["big"]),
            initializers=[scalar("from", 0), scalar("to", 1e12), scalar("step", 1)],
        ),
        NO_MEMORY,
    ),
    "very_wide_pad": (
        computed_from(
            helper.make_node("Pad", [IN, "pads"], ["big"]),
            initializers=[numbers("pads", 0, 0, 0, 2**40)],
        ),
        NO_MEMORY,
    ),
    "very_large_expand": (
        computed_from(
            helper.make_node("Expand", ["one", "shape"], ["big"]),
            initializers=[numbers("one", 1, kind="float32"), numbers("shape", 2**20, 2**20)],
        ),
        NO_MEMORY,
    ),
    "very_large_random_numbers": (
        computed_from(helper.make_node("RandomUniform", [], ["big"], shape=[2**20, 2**20])),
        NO_MEMORY,
    ),
    "product_of_eight_axes": (
        computed_from(
            helper.make_node("Einsum", ["long"] * 8, ["big"], equation="a,b,c,d,e,f,g,h->abcdefgh"),
            initializers=[numbers("long", *([1.0] * 64), kind="float32")],
        ),
        NO_MEMORY,
    ),
}


@case("refuses|ended")
def graph_with_a_circle(folder: Path) -> None:
    nodes = [helper.make_node("Add", [IN, "b"], ["a"]), helper.make_node("Add", [IN, "a"], ["b"])]
    save(folder, graph([*nodes, matmul()]))


@case("its outputs are")
def name_with_an_escape(folder: Path) -> None:
    whole = graph([matmul(target="\x1b[31mred")])
    whole.output[0].name = "\x1b[31mred"
    save(folder, whole)


@case("refuses|ended")
def operators_of_a_later_version(folder: Path) -> None:
    save(folder, graph([matmul()]), opset_imports=[helper.make_opsetid("", 10**9)])


@case("'Evil' of the domain")
def domain_with_a_blank(folder: Path) -> None:
    save(folder, graph([helper.make_node("Evil", [IN], ["e"], domain="ai.onnx "), matmul()]))


@case("'Evil' of the domain")
def domain_with_a_zero(folder: Path) -> None:
    save(folder, graph([helper.make_node("Evil", [IN], ["e"], domain="ai.onnx\0"), matmul()]))


@case("'Evil'")
def in_an_attribute_of_a_function(folder: Path) -> None:
    inner = helper.make_node("Identity", ["x"], ["y"])
    whole = function("Honest", [inner])
    branch = body([EVIL], [value("e")])
    whole.attribute_proto.add().CopyFrom(helper.make_attribute("evil", branch))
    call = helper.make_node("Honest", [IN], ["e"], domain="local")
    save(folder, with_functions([call, matmul()], [whole]))


@case("'Evil'")
def in_seven_branches_in_each_other(folder: Path) -> None:
    branch = body([EVIL], [value("e")])
    for _ in range(7):
        node = helper.make_node("If", ["c"], ["e"], then_branch=branch, else_branch=branch)
        branch = body([node], [value("e")])
    node = helper.make_node("If", ["c"], ["e"], then_branch=branch, else_branch=branch)
    true = numpy_helper.from_array(np.array(True), "c")
    save(folder, graph([node, matmul()], [true]))
