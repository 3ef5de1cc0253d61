"""The stream of batches on the JAX backend, which needs no TensorFlow."""
