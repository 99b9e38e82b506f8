"""Opening checkpoints: the only place that reads weights."""

from .error import CheckpointError
from .load import load_checkpoint, load_content

__all__ = ["CheckpointError", "load_checkpoint", "load_content"]
