"""A trained model as functions of arrays: its parts in Keras or in ONNX Runtime, and items in batches."""
