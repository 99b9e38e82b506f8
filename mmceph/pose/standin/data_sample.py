"""What travels with one image through a model."""

from __future__ import annotations

from mmengine.structures import BaseDataElement, InstanceData, PixelData


def _part(name: str, kind: type, doc: str) -> property:
    """A typed part of a sample, kept under ``_name`` as mmengine's data elements expect."""
    private = f"_{name}"

    def read(self: BaseDataElement) -> BaseDataElement:
        return getattr(self, private)

    def write(self: BaseDataElement, value: BaseDataElement) -> None:
        self.set_field(value, private, dtype=kind)

    def remove(self: BaseDataElement) -> None:
        delattr(self, private)

    return property(read, write, remove, doc)


class PoseDataSample(BaseDataElement):
    """Ground truth, predictions and meta information of one image.

    Raises:
        TypeError: If a part is set to something of another type.
    """

    gt_instances = _part("gt_instances", InstanceData, "Boxes and points as annotated, image px.")
    gt_instance_labels = _part("gt_instance_labels", InstanceData, "Training labels, as tensors.")
    gt_fields = _part("gt_fields", PixelData, "Target heat-maps, as tensors.")
    pred_instances = _part("pred_instances", InstanceData, "Predicted points, image px.")
    pred_fields = _part("pred_fields", PixelData, "Predicted heat-maps.")
