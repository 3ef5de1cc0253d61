"""ONNX graphs: from a part to a graph that many engines read, the same bytes each time."""
