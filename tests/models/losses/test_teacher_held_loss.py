import pytest
import torch

from mmceph.errors import MmcephError
from mmceph.registry import MODELS

NAMES = ["A", "B", "N", "S"]


def make(base, **more):
    return MODELS.build(
        {"type": "TeacherHeldLoss", "base": base, "landmarks": ["B"], "landmark_set": NAMES, **more}
    )


def test_chosen_landmarks_follow_the_labels_and_the_others_the_teacher():
    loss = make({"type": "KeypointMSELoss", "use_target_weight": True}, held_weight=0.5)
    output = torch.zeros(1, 4, 2, 2)
    target = torch.zeros(1, 4, 2, 2)
    teacher = torch.zeros(1, 4, 2, 2)
    target[:, 1], target[:, 0] = 2.0, 100.0  # A's label does not count
    teacher[:, 1], teacher[:, 3] = 100.0, 3.0  # nor B's teacher
    loss.hold(teacher)
    # B: 2 squared; A, N, S: (0 + 0 + 9) / 3, at half weight
    assert loss(output, target, torch.ones(1, 4)).item() == pytest.approx(4 + 0.5 * 3)


def test_logits_are_held_at_the_teachers_softmax():
    loss = make({"type": "SpatialCrossEntropyLoss"})
    torch.manual_seed(0)
    output = torch.randn(2, 4, 3, 3, requires_grad=True)
    target = torch.rand(2, 4, 3, 3)
    loss.hold(output.detach().clone())
    loss(output, target, torch.ones(2, 4)).backward()
    others = [0, 2, 3]
    assert output.grad[:, others].abs().max() < 1e-6  # they agree with the teacher: no pull
    assert output.grad[:, 1].abs().max() > 1e-3


def test_without_a_teacher_it_refuses():
    loss = make({"type": "KeypointMSELoss"})
    with pytest.raises(MmcephError, match="there is no teacher"):
        loss(torch.zeros(1, 4, 2, 2), torch.zeros(1, 4, 2, 2))
    with pytest.raises(MmcephError, match="held_weight -1 must not be negative"):
        make({"type": "KeypointMSELoss"}, held_weight=-1)
