"""What drives a run: configs, checkpoints, hooks."""
