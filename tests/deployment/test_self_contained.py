from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmceph.deployment.self_contained import NotSelfContainedError, require_self_contained

onnx = pytest.importorskip("onnx", reason="onnx is not installed: no model can be made")


def elsewhere(tensor: Any, place: str = "../weights.bin") -> Any:
    """Move a tensor's numbers to another file."""
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    return tensor


def weight(name: str = "w") -> Any:
    return onnx.helper.make_tensor(name, onnx.TensorProto.FLOAT, [2], [1.0, 2.0])


def model(nodes: list[Any] | None = None, weights: list[Any] | None = None) -> Any:
    add = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    x, y = (onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [2]) for n in "xy")
    graph = onnx.helper.make_graph(
        [*(nodes or []), add], "g", [x], [y], [weight()] if weights is None else weights
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)])


def constant(**attributes: Any) -> Any:
    return onnx.helper.make_node("Constant", [], ["c"], **attributes)


def in_a_branch() -> Any:
    branch = onnx.helper.make_graph([constant(value=elsewhere(weight()))], "b", [], [])
    return model([onnx.helper.make_node("If", ["x"], ["c"], then_branch=branch)])


def in_a_function() -> Any:
    made = model()
    function = onnx.helper.make_function(
        "own", "f", [], ["c"], [constant(value=elsewhere(weight()))], []
    )
    made.functions.append(function)
    return made


def in_a_sparse_tensor() -> Any:
    values = elsewhere(weight())
    made = model()
    made.graph.sparse_initializer.append(
        onnx.helper.make_sparse_tensor(weight("i"), weight("j"), [4])
    )
    made.graph.sparse_initializer[0].values.CopyFrom(values)
    return made


def location_alone() -> Any:
    tensor = weight()
    tensor.data_location = onnx.TensorProto.EXTERNAL
    return model(weights=[tensor])


@pytest.mark.parametrize(
    "make",
    [
        lambda: model(weights=[elsewhere(weight())]),
        lambda: model(weights=[elsewhere(weight(), "/etc/passwd")]),
        lambda: model(weights=[elsewhere(weight(), "beside.bin")]),
        lambda: model([constant(value=elsewhere(weight()))]),
        lambda: model([constant(values=[weight(), elsewhere(weight())])]),
        in_a_branch,
        in_a_function,
        in_a_sparse_tensor,
        location_alone,
        lambda: model([onnx.helper.make_node("EPContext", [], ["c"], ep_cache_context="../x")]),
    ],
)
def test_weights_in_other_files_are_found_wherever_they_hide(make: Callable[[], Any]):
    with pytest.raises(NotSelfContainedError, match=r"m\.onnx: keeps weights in another file"):
        require_self_contained(make().SerializeToString(), "m.onnx")


def test_a_model_in_one_piece_is_taken(exported: Path):
    require_self_contained(model([constant(value=weight())]).SerializeToString(), "m.onnx")
    require_self_contained(exported.read_bytes(), "m.onnx")


def test_what_is_no_onnx_file_is_named():
    data = model().SerializeToString()
    ort = bytes(4) + b"ORTM" + bytes(100)  # onnxruntime's own form
    for other in (b"", b"\0" * 50, ort, data[:-3], b"PK\3\4" + bytes(60)):
        with pytest.raises(NotSelfContainedError, match=r"m\.onnx: is"):
            require_self_contained(other, "m.onnx")


def test_a_tag_that_is_cut_off_hides_nothing():
    # Field 13 of the tensor, with a bit beyond the 32nd.
    tag = ((13 << 3) | 2) | (1 << 32)
    written = bytes([tag & 127 | 128, tag >> 7 & 127 | 128, 128, 128, tag >> 28])
    tensor = weight().SerializeToString() + written + b"\0"
    initializer = b"\x2a" + bytes([len(tensor)]) + tensor
    graph = b"\x3a" + bytes([len(initializer)]) + initializer
    with pytest.raises(NotSelfContainedError, match=r"m\.onnx: is damaged"):
        require_self_contained(graph, "m.onnx")
