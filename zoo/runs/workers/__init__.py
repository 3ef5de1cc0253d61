"""One training on several processes or machines, on JAX: who takes part, and what if one is lost."""
