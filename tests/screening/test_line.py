import threading
import time

import pytest

from covidweb.screening.line import Line, Shared, Ticket


def at_once(calls):
    """Run calls in threads of their own and return what each gave or raised."""
    found = [None] * len(calls)

    def work(i):
        try:
            found[i] = calls[i]()
        except Exception as error:
            found[i] = error

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


class Squares:
    """A slow network: remembers its batches, and fails on some numbers."""

    def __init__(self, fails=()):
        self.batches, self.fails = [], fails
        self.running = 0

    def __call__(self, numbers):
        self.running += 1
        assert self.running == 1, "two batches at once"
        self.batches.append(list(numbers))
        time.sleep(0.03)
        self.running -= 1
        if set(numbers) & set(self.fails):
            raise ValueError("this one")
        return [number**2 for number in numbers]


def test_callers_share_batches_and_get_their_own_answers():
    work = Squares()
    shared = Shared(work)
    found = at_once([lambda i=i: shared(lambda: [i, i + 100]) for i in range(12)])
    assert found == [[i**2, (i + 100) ** 2] for i in range(12)]
    assert len(work.batches) < 12 and max(map(len, work.batches)) <= 16
    assert sorted(n for batch in work.batches for n in batch) == [*range(12), *range(100, 112)]


def test_more_items_than_a_batch_holds_are_cut_up_in_order():
    work = Squares()
    assert Shared(work, size=4)(lambda: list(range(10))) == [n**2 for n in range(10)]
    assert [len(batch) for batch in work.batches] == [4, 4, 2]


def test_a_caller_alone_does_not_wait_for_others():
    work = Squares()
    start = time.monotonic()
    Shared(work, wait=30.0)(lambda: [1])
    assert time.monotonic() - start < 10


def test_a_batch_waits_for_films_on_their_way():
    work = Squares()
    shared = Shared(work, wait=30.0)
    both = threading.Barrier(2, timeout=30)

    def slow():
        both.wait()
        time.sleep(0.05)
        return [2]

    def quick():
        both.wait()
        return [1]

    assert at_once([lambda: shared(slow), lambda: shared(quick)]) == [[4], [1]]
    assert [sorted(batch) for batch in work.batches] == [[1, 2]]


def test_an_error_reaches_only_the_caller_who_brought_it():
    work = Squares(fails=(3,))
    shared = Shared(work, wait=1.0)
    found = at_once([lambda i=i: shared(lambda: [i]) for i in range(6)])
    assert isinstance(found[3], ValueError)
    assert [answer for i, answer in enumerate(found) if i != 3] == [[0], [1], [4], [16], [25]]
    assert shared(lambda: [7]) == [49]


def test_an_error_of_the_preparation_leaves_the_network_free():
    shared = Shared(Squares(), wait=30.0)
    with pytest.raises(ZeroDivisionError):
        shared(lambda: [1 / 0])
    assert shared(lambda: [2]) == [4]


def test_no_items_need_no_network():
    work = Squares()
    assert Shared(work)(list) == [] and work.batches == []


def test_a_ticket_tells_how_many_films_come_before():
    line, ticket = Line(room=4), Ticket()
    inside, leave = threading.Event(), threading.Event()

    def first():
        with line.turn(3):
            inside.set()
            assert leave.wait(30)

    def second():
        with ticket.held(), line.turn(2):
            return ticket.ahead

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert inside.wait(30) and ticket.ahead is None
    found = []
    threads.append(threading.Thread(target=lambda: found.append(second())))
    threads[1].start()
    deadline = time.monotonic() + 30
    while ticket.ahead is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert ticket.ahead == 3 and line.films == 5 and found == []
    leave.set()
    for thread in threads:
        thread.join(30)
    assert found == [0] and ticket.ahead is None and line.films == 0


def test_a_part_larger_than_the_room_still_gets_in():
    line = Line(room=4)
    with line.turn(20):
        assert line.films == 20
    assert line.films == 0
