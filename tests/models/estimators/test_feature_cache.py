import pytest
import torch

from mmceph.errors import MmcephError
from mmceph.models.estimators.branch_point import Trunk
from mmceph.models.estimators.feature_cache import FeatureCache, make_feature_cache
from mmceph.pose import PoseDataSample


def samples(*names, center=(4.0, 5.0)):
    return [
        PoseDataSample(metainfo={"img_path": name, "input_center": center, "flip": False})
        for name in names
    ]


class Counting:
    """A trunk of two levels, the deepest last, that counts the images it sees."""

    def __init__(self, several=False):
        self.seen, self.several = 0, several

    def __call__(self, images):
        self.seen += len(images)
        levels = (images * 2, images[..., ::2, ::2] + 1)
        return Trunk(list(levels), levels) if self.several else Trunk(levels[-1], levels)


def cache_of(kind, folder):
    where = {"folder": str(folder)} if kind == "disk" else {}
    cache = make_feature_cache({"kind": kind, "dtype": "float32", **where})
    cache.set_model({"w": torch.ones(2)})
    return cache


@pytest.mark.parametrize("kind", ["memory", "disk"])
@pytest.mark.parametrize("several", [False, True])
def test_every_image_is_computed_once(kind, several, tmp_path):
    compute, cache = Counting(several), cache_of(kind, tmp_path / "features")
    images = torch.rand(3, 1, 4, 4)
    first = cache.fetch(images[:2], samples("a", "b"), compute)
    again = cache.fetch(images[[1, 2, 0]], samples("b", "c", "a"), compute)
    assert compute.seen == 3
    expected = Counting(several)(images[[1, 2, 0]])
    assert all(map(torch.equal, again.outputs, expected.outputs))
    assert all(map(torch.equal, first.outputs, Counting(several)(images[:2]).outputs))
    assert isinstance(again.inner, list) == several
    if not several:
        assert again.inner is again.outputs[-1]


def test_files_serve_the_next_run_and_belong_to_one_model(tmp_path):
    images, folder = torch.rand(1, 1, 4, 4), tmp_path / "features"
    cache_of("disk", folder).fetch(images, samples("a"), Counting())
    later = Counting()
    cache_of("disk", folder).fetch(images, samples("a"), later)
    assert later.seen == 0
    other = cache_of("disk", folder)
    other.set_model({"w": torch.zeros(2)})
    other.fetch(images, samples("a"), later)
    assert later.seen == 1
    next(iter(folder.glob("*.pt"))).write_bytes(b"cut short")
    for _ in range(2):
        other.fetch(images, samples("a"), later)
        cache_of("disk", folder).fetch(images, samples("a"), later)
    assert later.seen == 2  # the damaged one, once


def test_half_precision_is_what_it_costs(tmp_path):
    cache = FeatureCache()
    images = torch.rand(1, 1, 4, 4)
    got = cache.fetch(images, samples("a"), Counting()).outputs[0]
    assert got.dtype == torch.float32
    assert torch.equal(got, (images * 2).half().float())


def test_another_box_is_refused():
    cache, images = FeatureCache(), torch.rand(1, 1, 4, 4)
    cache.fetch(images, samples("a"), Counting())
    with pytest.raises(MmcephError, match="a came with another box"):
        cache.fetch(images, samples("a", center=(4.5, 5.0)), Counting())


@pytest.mark.parametrize(
    "change",
    [lambda x: x.rot90(1, (-2, -1)), lambda x: x.flip(-1), lambda x: x * 1.01],
    ids=["turned", "mirrored", "brighter"],
)
def test_the_same_box_with_other_pixels_is_refused(change):
    cache, images = FeatureCache(), torch.rand(1, 1, 32, 32)
    cache.fetch(images, samples("a"), Counting())
    with pytest.raises(MmcephError, match=r"a came with .* other pixels .* RandomBBoxTransform"):
        cache.fetch(change(images), samples("a"), Counting())


def test_forgetting_computes_anew():
    cache, compute = cache_of("memory", None), Counting()
    images = torch.rand(1, 1, 4, 4)
    for _ in range(2):
        cache.fetch(images, samples("a"), compute)
    cache.forget()
    assert not cache.has_model
    cache.fetch(images, samples("a", center=(9.0, 9.0)), compute)
    assert compute.seen == 2


@pytest.mark.parametrize(
    "arguments", [{"kind": "ram"}, {"kind": "disk"}, {"folder": "x"}, {"dtype": "int8"}]
)
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(MmcephError, match="feature_cache: kind must be"):
        make_feature_cache(arguments)
    assert make_feature_cache(None) is None
