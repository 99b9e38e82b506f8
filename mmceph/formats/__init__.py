"""The forms of mmceph's own files, and reading them back, trusting nothing in them."""

from .item import FormatError, Item, open_json
from .report_files import read_predictions, read_report

__all__ = ["FormatError", "Item", "open_json", "read_predictions", "read_report"]
