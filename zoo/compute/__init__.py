"""What computes a training: the kernels of the backend, its threads, and XLA."""
