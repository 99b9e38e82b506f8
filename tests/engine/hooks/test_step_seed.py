import pickle
import random

import numpy as np
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, RandomSampler

from mmceph.engine.hooks.step_seed import Draw, NumberedSampler, SeededItems, StepSeedHook


class Drawing(Dataset):
    """Samples that are drawn."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        assert type(index) is int
        return index, random.random(), np.random.rand(), torch.rand(1).item()


class Anything(IterableDataset):
    def __iter__(self):
        return iter(range(3))


class FakeRunner:
    """What the hook asks a runner for."""

    def __init__(self, loader, seed=3):
        from mmengine.runner import EpochBasedTrainLoop

        self.train_dataloader, self.seed, self.epoch, self.iter = loader, seed, 0, 0
        self.train_loop = EpochBasedTrainLoop.__new__(EpochBasedTrainLoop)
        self.said = []
        self.logger = type("Log", (), {"log": lambda _, level, text: self.said.append(text)})()


def samples(epoch, *, seed=3, skip=0, **options):
    """The samples of an epoch, after others of this process."""
    loader = DataLoader(Drawing(), collate_fn=list, **{"batch_size": 2, **options})
    runner, hook = FakeRunner(loader, seed), StepSeedHook()
    hook.before_train(runner)
    hook.before_train(runner)  # nothing is wrapped twice
    random.seed(), np.random.seed(), torch.seed()
    found = []
    for runner.epoch in range(skip, epoch + 1):
        hook.before_train_epoch(runner)
        found = [sample for batch in loader for sample in batch]
    return found


def test_an_epoch_depends_on_seed_and_number_alone():
    first = samples(0, shuffle=True)
    assert len({sample[1:] for sample in first}) == 6  # no two samples draw the same
    assert samples(0, shuffle=True) == first
    later = samples(2, shuffle=True)
    assert samples(2, skip=2, shuffle=True) == later != first
    assert samples(0, seed=4, shuffle=True) != first
    assert samples(0, shuffle=True, batch_size=3) == first


def test_the_number_of_loader_processes_does_not_matter():
    assert samples(1, num_workers=2, persistent_workers=True) == samples(1, skip=1)


def test_what_the_model_draws_depends_on_the_step():
    runner = FakeRunner(DataLoader(Drawing()))
    drawn = []
    for runner.iter in (0, 1, 0):
        StepSeedHook().before_train_iter(runner, 0)
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[2] != drawn[1]


def test_other_data_sets_and_samplers_work_as_before():
    loader = DataLoader(ConcatDataset([Drawing(), Drawing()]), batch_size=4, collate_fn=len)
    StepSeedHook().before_train(FakeRunner(loader))
    assert list(loader) == [4, 4, 4]
    whole = FakeRunner(DataLoader(Drawing(), batch_sampler=[[0, 1], [2]], collate_fn=len))
    StepSeedHook().before_train(whole)
    assert list(whole.train_dataloader) == [2, 1]
    assert "makes its batches itself" in whole.said[0]
    stream = FakeRunner(DataLoader(Anything(), batch_size=3, collate_fn=list))
    StepSeedHook().before_train(stream)
    assert list(stream.train_dataloader) == [[0, 1, 2]]


def test_what_is_handed_out_can_be_sent_to_a_process():
    draw = Draw(3)
    draw.words = (1, 2)
    copied = pickle.loads(pickle.dumps(draw))
    assert (copied, copied.words) == (3, (1, 2))
    sampler = pickle.loads(pickle.dumps(NumberedSampler(RandomSampler(range(4)))))
    assert len(sampler) == 4
    assert sampler.num_samples == 4
    data = Drawing()
    data.__getitems__ = SeededItems(data)
    assert len(pickle.loads(pickle.dumps(data)).__getitems__([0, draw])) == 2
