"""Pure functions on arrays and tensors: no registry, no files, no global state."""
