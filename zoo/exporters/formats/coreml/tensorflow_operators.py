"""Operators of TensorFlow that coremltools has no conversion for, made of those that it has."""

from __future__ import annotations

from typing import Any


def register_operators() -> None:
    """Tell coremltools how Erfc and Expm1 are converted, as GELU and CELU of Keras have them."""
    from coremltools.converters.mil.frontend.tensorflow.tf_op_registry import register_tf_op
    from coremltools.converters.mil.mil import Builder

    def erfc(context: Any, node: Any) -> None:
        erf = Builder.erf(x=context[node.inputs[0]])
        context.add(node.name, Builder.sub(x=1.0, y=erf, name=node.name))

    def expm1(context: Any, node: Any) -> None:
        power = Builder.exp(x=context[node.inputs[0]])
        context.add(node.name, Builder.sub(x=power, y=1.0, name=node.name))

    register_tf_op(erfc, tf_alias=["Erfc"], override=True)
    register_tf_op(expm1, tf_alias=["Expm1"], override=True)
