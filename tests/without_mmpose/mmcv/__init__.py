"""Kept first on PYTHONPATH by tools/runtests.py, so that mmcv cannot be imported there."""

raise ModuleNotFoundError("No module named 'mmcv' (kept out by tests/without_mmpose)", name="mmcv")
