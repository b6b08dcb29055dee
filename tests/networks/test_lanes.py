"""Parts of a batch side by side: the same answers, in order, on as many cores as there are."""

import threading

import numpy as np
import pytest

from covidweb.networks import lanes


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(lanes, "cores", lambda: 2)
    monkeypatch.setattr(lanes, "_gpu", lambda: False)


class Run:
    """Doubles numbers, and notes what it was given and by whom."""

    def __init__(self, meet=None):
        self.sizes, self.threads, self.meet = [], set(), meet

    def __call__(self, batch):
        if self.meet:
            self.meet.wait(timeout=20)
        self.sizes.append(len(batch))
        self.threads.add(threading.current_thread().name)
        return {"twice": 2 * batch, "sum": batch.sum(axis=1)}


def test_answers_come_joined_and_in_order(two_cores):
    batch = np.arange(14, dtype=np.float32).reshape(7, 2)
    run = Run()
    found = lanes.side_by_side(run, 2)(batch)
    assert np.array_equal(found["twice"], 2 * batch)
    assert np.array_equal(found["sum"], batch.sum(axis=1))
    assert sorted(run.sizes) == [1, 2, 2, 2]
    assert np.array_equal(lanes.side_by_side(lambda part: part + 1, 3)(batch), batch + 1)


def test_two_parts_run_at_once(two_cores):
    run = Run(threading.Barrier(2))
    lanes.side_by_side(run, 2)(np.zeros((4, 2)))
    assert len(run.threads) == 2


def test_a_part_stays_with_its_caller(two_cores):
    run = Run()
    lanes.side_by_side(run, 2)(np.zeros((2, 2)))
    assert run.threads == {threading.current_thread().name}


@pytest.mark.parametrize(("cores", "gpu"), [(1, False), (2, True)])
def test_on_one_core_and_on_a_gpu_a_batch_stays_whole(monkeypatch, cores, gpu):
    monkeypatch.setattr(lanes, "cores", lambda: cores)
    monkeypatch.setattr(lanes, "_gpu", lambda: gpu)
    run = Run()
    lanes.side_by_side(run, 2)(np.zeros((6, 2)))
    assert run.sizes == [6]


def test_a_fault_of_one_part_is_the_callers(two_cores):
    def fails(part):
        raise ValueError("no such film")

    with pytest.raises(ValueError, match="no such film"):
        lanes.side_by_side(fails, 2)(np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (2, [1, 1]), (7, [1] * 7), (15, [1] + [2] * 7), (16, [2] * 8)]
)
def test_films_taken_one_by_one_are_shared_out_in_small_parts(two_cores, count, sizes):
    run = Run()
    batch = np.arange(count, dtype=np.float32).reshape(count, 1)
    assert np.array_equal(lanes.side_by_side(run, None)(batch)["twice"], 2 * batch)
    assert sorted(run.sizes) == sizes


def test_who_is_held_up_keeps_no_other_waiting(two_cores):
    others = threading.Semaphore(0)

    def run(part):
        if 0 in part:
            # The first part ends when all the others have: the other core takes them.
            assert all(others.acquire(timeout=20) for _ in range(7))
        else:
            others.release()
        return part

    batch = np.arange(16, dtype=np.float32).reshape(16, 1)
    assert np.array_equal(lanes.side_by_side(run, None)(batch), batch)


def test_what_runs_on_the_cpu_is_shared_out_beside_a_gpu(two_cores, monkeypatch):
    monkeypatch.setattr(lanes, "_gpu", lambda: pytest.fail("TensorFlow was asked"))
    run = Run()
    lanes.side_by_side(run, 2, on_host=True)(np.zeros((4, 2)))
    assert run.sizes == [2, 2]
