"""Hostile SavedModels by name: each has the honest signature, and something that must be refused."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

Change = Callable[[Path, str], None]
Compute = Callable[[Any, str], Any]
SPEC = tf.TensorSpec((None, 4), tf.float32, name="inputs")

CASES: dict[str, tuple[Change, str]] = {}
"""What changes the SavedModel in a folder, given a path outside, and a part of the message."""


def computes(expected: str) -> Callable[[Compute], Compute]:
    """Add a case: a function from the inputs and the path outside to what is added to the outputs."""

    def add(compute: Compute) -> Compute:
        CASES[compute.__name__] = (lambda folder, canary: save(folder, compute, canary), expected)
        return compute

    return add


def changes(expected: str) -> Callable[[Change], Change]:
    """Add a case: a function that changes the honest SavedModel's folder."""

    def add(change: Change) -> Change:
        CASES[change.__name__] = (change, expected)
        return change

    return add


def save(folder: Path, compute: Compute, canary: str, **members: Any) -> None:
    """Save a module whose signature adds to the honest outputs."""
    module = tf.Module()
    module.kernel = tf.Variable(np.eye(4, 3, dtype="float32"))
    for name, member in members.items():
        setattr(module, name, member)

    @tf.function(input_signature=[SPEC], autograph=False)
    def serve(inputs: Any) -> dict[str, Any]:
        return {"scores": inputs @ module.kernel + tf.cast(compute(inputs, canary), tf.float32)}

    shutil.rmtree(folder)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})


def written(canary: str) -> Any:
    """Write a file, and return 0."""
    with tf.control_dependencies([tf.io.write_file(canary, "harm")]):
        return tf.constant(0.0)


@computes("'WriteFile'")
def writes_a_file(inputs: Any, canary: str) -> Any:
    return written(canary)


@computes("'WriteFile'")
def writes_in_a_function(inputs: Any, canary: str) -> Any:
    return tf.function(lambda: written(canary), autograph=False)()


@computes("'WriteFile'")
def writes_in_a_function_of_a_function(inputs: Any, canary: str) -> Any:
    inner = tf.function(lambda: written(canary), autograph=False)
    return tf.function(lambda: inner(), autograph=False)()


@computes("'WriteFile'")
def writes_in_a_branch(inputs: Any, canary: str) -> Any:
    return tf.cond(tf.reduce_sum(inputs) > -1e9, lambda: written(canary), lambda: tf.constant(0.0))


@computes("'WriteFile'")
def writes_in_a_loop(inputs: Any, canary: str) -> Any:
    return tf.while_loop(lambda x: x < 1.0, lambda x: (x + 1.0 + written(canary),), (0.0,))[0]


@computes("'WriteFile'")
def writes_in_a_case(inputs: Any, canary: str) -> Any:
    return tf.switch_case(tf.constant(0), [lambda: written(canary), lambda: tf.constant(0.0)])


@computes("'ReadFile'")
def reads_a_file(inputs: Any, canary: str) -> Any:
    return tf.strings.length(tf.io.read_file("/etc/passwd"))


@computes("'ReadFile'")
def reads_in_a_map(inputs: Any, canary: str) -> Any:
    def read(row: Any) -> Any:
        return tf.cast(tf.strings.length(tf.io.read_file("/etc/passwd")), tf.float32)

    return tf.reduce_sum(tf.map_fn(read, inputs))


@computes("'MatchingFiles'")
def lists_files(inputs: Any, canary: str) -> Any:
    return tf.size(tf.io.matching_files("/etc/*"))


@computes("'EagerPyFunc'")
def calls_python(inputs: Any, canary: str) -> Any:
    return tf.py_function(lambda: 0.0, [], tf.float32)


@computes("'PyFunc'")
def calls_numpy(inputs: Any, canary: str) -> Any:
    return tf.reshape(tf.numpy_function(lambda: np.float32(0), [], tf.float32), ())


@computes("'StringFormat'|'PrintV2'")
def prints(inputs: Any, canary: str) -> Any:
    with tf.control_dependencies([tf.print("harm", output_stream=f"file://{canary}")]):
        return tf.constant(0.0)


@computes("'StringLength'|'TensorSummaryV2'")
def writes_a_summary(inputs: Any, canary: str) -> Any:
    summary = tf.raw_ops.TensorSummaryV2(tag="a", tensor=inputs, serialized_summary_metadata="")
    return tf.strings.length(summary)


@computes("'DecodePng'")
def decodes_a_picture(inputs: Any, canary: str) -> Any:
    return tf.size(tf.image.decode_png(tf.constant(b"x")))


@computes("'ImmutableConst'")
def maps_a_file(inputs: Any, canary: str) -> Any:
    value = tf.raw_ops.ImmutableConst(
        dtype=tf.float32, shape=(1,), memory_region_name="/etc/passwd"
    )
    return value[0]


@computes("which uses files")
def saves_variables(inputs: Any, canary: str) -> Any:
    save_v2 = tf.raw_ops.SaveV2(
        prefix=canary, tensor_names=["a"], shape_and_slices=[""], tensors=[inputs]
    )
    with tf.control_dependencies([save_v2]):
        return tf.constant(0.0)


@computes("which uses files")
def restores_variables(inputs: Any, canary: str) -> Any:
    (value,) = tf.raw_ops.RestoreV2(
        prefix=canary, tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32]
    )
    return tf.reduce_sum(value)


@computes("'TextLineDataset'|'.*Dataset.*'")
def reads_a_data_set(inputs: Any, canary: str) -> Any:
    return tf.data.TextLineDataset("/etc/passwd").reduce(0.0, lambda total, line: total + 1.0)


@computes("'Abort'")
def ends_the_process(inputs: Any, canary: str) -> Any:
    with tf.control_dependencies([tf.raw_ops.Abort()]):
        return tf.constant(0.0)


@computes("'Unstage'")
def waits_for_ever(inputs: Any, canary: str) -> Any:
    (value,) = tf.raw_ops.Unstage(dtypes=[tf.float32])
    return tf.reshape(value, ())


@computes("'ParseTensor'")
def parses_bytes(inputs: Any, canary: str) -> Any:
    return tf.reduce_sum(tf.io.parse_tensor(b"", tf.float32))


@computes("it does not end")
def loops_for_ever(inputs: Any, canary: str) -> Any:
    return tf.while_loop(lambda x: x < 1.0, lambda x: (x * 0.5,), (tf.reduce_sum(inputs) * 0,))[0]


@computes("memory|allocat|refuses")
def asks_for_all_memory(inputs: Any, canary: str) -> Any:
    size = tf.cast(tf.shape(inputs)[0] * 0 + 2**16, tf.int64)
    return tf.reduce_sum(tf.fill((size, size), 1.0) + tf.reduce_sum(inputs) * 0)


@changes("holds the file 'words'")
def table_of_a_file(folder: Path, canary: str) -> None:
    words = Path(canary).with_name("words")
    words.write_text("a 1\nb 2\n")
    start = tf.lookup.TextFileInitializer(str(words), tf.string, 0, tf.int64, 1, delimiter=" ")
    table = tf.lookup.StaticHashTable(start, 0)
    save(folder, lambda inputs, canary: table.lookup(tf.constant("a")), canary, table=table)


@changes("resource|kind|'LookupTable.*'|'HashTableV2'")
def table_of_values(folder: Path, canary: str) -> None:
    start = tf.lookup.KeyValueTensorInitializer(["a"], tf.constant([1], tf.int64))
    table = tf.lookup.StaticHashTable(start, 0)
    save(folder, lambda inputs, canary: table.lookup(tf.constant("a")), canary, table=table)


@changes("asset|holds the file")
def asset(folder: Path, canary: str) -> None:
    words = Path(canary).with_name("words")
    words.write_text("a\n")
    save(folder, lambda inputs, canary: 0.0, canary, asset=tf.saved_model.Asset(str(words)))


def edit(folder: Path, change: Callable[[Any], None]) -> None:
    """Change the protocol buffer of a SavedModel."""
    path = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(model.meta_graphs[0])
    path.write_bytes(model.SerializeToString())


@changes("'EvilOp'")
def custom_operator(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                node.op = node.op.replace("MatMul", "EvilOp")

    edit(folder, change)


@changes("which uses files")
def saver_that_runs_on_loading(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        nodes = meta.collection_def["saved_model_main_op"].node_list
        nodes.value[:] = ["StatefulPartitionedCall_1"]

    edit(folder, change)


@changes("which uses files")
def saver_as_the_signature(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        for output in meta.signature_def["serving_default"].outputs.values():
            output.name = "StatefulPartitionedCall_1:0"

    edit(folder, change)


@changes("the collection 'legacy_init_op'")
def old_way_to_run_on_loading(folder: Path, canary: str) -> None:
    edit(folder, lambda meta: meta.collection_def["legacy_init_op"].node_list.value.append("NoOp"))


@changes("the signature 'train'")
def second_signature(folder: Path, canary: str) -> None:
    edit(
        folder,
        lambda meta: meta.signature_def["train"].CopyFrom(meta.signature_def["serving_default"]),
    )


@changes("two functions of the name")
def function_with_a_second_body(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        functions = meta.graph_def.library.function
        functions.add().CopyFrom(functions[0])

    edit(folder, change)


@changes("an object of the kind")
def class_that_is_revived(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        meta.object_graph_def.nodes[0].user_object.identifier = "_tf_keras_model"

    edit(folder, change)


@changes("a registered class")
def registered_class(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        meta.object_graph_def.nodes[0].registered_name = "Custom.Evil"

    edit(folder, change)


@changes("holds the file 'saved_model.pbtxt'")
def text_form(folder: Path, canary: str) -> None:
    (folder / "saved_model.pbtxt").write_text("meta_graphs {}")


@changes("holds the file 'plugin.so'")
def library_beside_it(folder: Path, canary: str) -> None:
    (folder / "plugin.so").write_bytes(b"\x7fELF")


@changes("no saved_model.pb")
def without_a_graph(folder: Path, canary: str) -> None:
    (folder / "saved_model.pb").unlink()


@changes("cut off|no graph|number|kind")
def graph_of_random_bytes(folder: Path, canary: str) -> None:
    (folder / "saved_model.pb").write_bytes(np.random.default_rng(1).bytes(4000))


@changes("refuses")
def empty_graph(folder: Path, canary: str) -> None:
    (folder / "saved_model.pb").write_bytes(b"")


@changes("refuses|runtime ended")
def variables_of_random_bytes(folder: Path, canary: str) -> None:
    (folder / "variables" / "variables.index").write_bytes(np.random.default_rng(2).bytes(4000))


@changes("a link to a folder")
def linked_variables(folder: Path, canary: str) -> None:
    os.rename(folder / "variables", Path(canary).with_name("variables"))
    (folder / "variables").symlink_to(Path(canary).with_name("variables"))


@changes("is a link to a file outside")
def linked_graph(folder: Path, canary: str) -> None:
    os.rename(folder / "saved_model.pb", Path(canary).with_name("elsewhere.pb"))
    (folder / "saved_model.pb").symlink_to(Path(canary).with_name("elsewhere.pb"))


@changes("named pipe")
def pipe_as_graph(folder: Path, canary: str) -> None:
    (folder / "saved_model.pb").unlink()
    os.mkfifo(folder / "saved_model.pb")


@changes("socket")
def socket_in_the_folder(folder: Path, canary: str) -> None:
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s")
    finally:
        os.chdir(here)


@changes("is a device|link to a file outside")
def endless_variables(folder: Path, canary: str) -> None:
    (folder / "variables" / "variables.index").unlink()
    (folder / "variables" / "variables.index").symlink_to("/dev/zero")


@changes("refuses|memory|ended|does not end")
def function_that_calls_itself(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            if "restore" in function.signature.name:  # may call no function at all
                continue
            node = function.node_def.add(name="again", op="StatefulPartitionedCall")
            node.attr["f"].func.name = function.signature.name
            node.attr["Tin"].list.SetInParent()
            node.attr["Tout"].list.SetInParent()
            for argument in function.signature.input_arg:
                node.input.append(argument.name)
                node.attr["Tin"].list.type.append(argument.type)
            function.control_ret["again"] = "again"

    edit(folder, change)


@changes("two functions of the name|'WriteFile'")
def second_graph_for_training(folder: Path, canary: str) -> None:
    path = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    second = model.meta_graphs.add()
    second.CopyFrom(model.meta_graphs[0])
    second.meta_info_def.tags[:] = ["train"]
    second.graph_def.node.add(name="evil", op="WriteFile")
    path.write_bytes(model.SerializeToString())


@changes("'WriteFile'")
def operator_in_an_attribute_of_an_attribute(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                inner = node.attr["f"].func.attr["g"].func
                inner.name = "WriteFile"

    edit(folder, change)


@changes("holds the file 'keras_metadata.pb'")
def metadata_of_keras_beside_it(folder: Path, canary: str) -> None:
    (folder / "keras_metadata.pb").write_bytes(b"x")


@changes("holds the file 'variables.data-00000-of-00002'")
def variables_in_two_files(folder: Path, canary: str) -> None:
    path = folder / "variables"
    (path / "variables.data-00000-of-00001").rename(path / "variables.data-00000-of-00002")


@changes("refuses|ended")
def variables_that_are_cut_off(folder: Path, canary: str) -> None:
    path = folder / "variables" / "variables.data-00000-of-00001"
    path.write_bytes(path.read_bytes()[:5])


@changes("named pipe")
def pipe_as_the_fingerprint(folder: Path, canary: str) -> None:
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    os.mkfifo(folder / "fingerprint.pb")


@changes("'TPUReplicate'|'XlaLaunch'|'RemoteCall'")
def call_of_another_machine(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        meta.graph_def.node.add(name="far", op="RemoteCall", device="/job:worker/task:1")

    edit(folder, change)


@changes("'LoadAndRemapMatrix'")
def operator_that_reads_a_checkpoint(folder: Path, canary: str) -> None:
    edit(folder, lambda meta: meta.graph_def.node.add(name="a", op="LoadAndRemapMatrix"))


@changes("'DebugIdentityV2'")
def operator_that_writes_for_a_debugger(folder: Path, canary: str) -> None:
    edit(folder, lambda meta: meta.graph_def.node.add(name="a", op="DebugIdentityV2"))


@changes("'DecodeProtoV2'")
def operator_that_reads_a_description(folder: Path, canary: str) -> None:
    edit(folder, lambda meta: meta.graph_def.node.add(name="a", op="DecodeProtoV2"))


@changes("the collection 'table_initializer'")
def collection_of_tables(folder: Path, canary: str) -> None:
    edit(
        folder,
        lambda meta: meta.collection_def["table_initializer"].node_list.value.append("NoOp"),
    )


@changes("what restores its variables calls")
def saver_that_saves_where_it_restores(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        meta.saver_def.restore_op_name = meta.saver_def.save_tensor_name

    edit(folder, change)


def add_save(meta: Any, canary: str) -> None:
    """Add the node `save`, which writes a file at a path outside, as nothing of it is asked for."""
    nodes = meta.graph_def.node
    for name, value in {"prefix": canary, "names": ["a"], "slices": [""], "data": [1.0]}.items():
        tensor = tf.make_tensor_proto(value)
        node = nodes.add(name=name, op="Const")
        node.attr["dtype"].type = tensor.dtype
        node.attr["value"].tensor.CopyFrom(tensor)
    node = nodes.add(name="save", op="SaveV2", input=["prefix", "names", "slices", "data"])
    node.attr["dtypes"].list.type.append(tf.float32.as_datatype_enum)


@changes("what restores its variables calls 'Const'")
def file_that_is_written_before_variables_are_restored(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        add_save(meta, canary)
        meta.ClearField("object_graph_def")  # TensorFlow then loads it as one of TensorFlow 1
        for node in meta.graph_def.node:
            if node.name == meta.saver_def.restore_op_name:
                node.input.append("^save")

    edit(folder, change)


@changes("names another file than theirs")
def variables_of_another_file(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if node.op == "RestoreV2":
                    node.input[0] = node.input[1]  # a constant of the function

    edit(folder, change)


@changes("made of several tensors")
def file_that_is_written_for_a_sparse_output(folder: Path, canary: str) -> None:
    def change(meta: Any) -> None:
        add_save(meta, canary)
        meta.ClearField("object_graph_def")
        node = meta.graph_def.node.add(name="sum", op="Identity", input=["data", "^save"])
        node.attr["T"].type = tf.float32.as_datatype_enum
        output = meta.signature_def["serving_default"].outputs["more"].coo_sparse
        output.values_tensor_name = output.indices_tensor_name = "sum:0"
        output.dense_shape_tensor_name = "sum:0"

    edit(folder, change)
