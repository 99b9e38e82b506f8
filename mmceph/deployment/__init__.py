"""Models outside of training: export to ONNX, and running the file without torch.

Import the modules by name: ``onnx_runner`` and ``input_geometry`` need no torch, the others do.
"""
