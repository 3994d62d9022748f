"""Calls of threads that arrive together are served together, in order, each with its answer."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest

from govledger import StorageError
from govledger.together import Together


class Server:
    """Serves calls, which are pairs of a number and a size, and notes its groups."""

    def __init__(self, most=10):
        self.groups = []
        self.queue = Together(self.serve, lambda call: call[1], most)
        self.may_go = Event()
        self.may_go.set()
        self.is_serving = Event()

    def serve(self, calls):
        self.groups.append([number for number, _ in calls])
        self.is_serving.set()
        assert self.may_go.wait(30)
        return [number * 10 for number, _ in calls]

    def hold(self):
        self.may_go.clear()

    def waiting(self, count):
        while len(self.queue._waiting) < count:
            pass


def begun(call, *arguments):
    thread = Thread(target=call, args=arguments, daemon=True)
    thread.start()
    return thread


def test_a_call_alone_is_served_at_once():
    server = Server()
    assert server.queue([(1, 1)]) == [10]
    assert server.queue([(2, 1)]) == [20]
    assert server.groups == [[1], [2]]


def test_no_call_is_no_work():
    server = Server()
    assert server.queue([]) == []
    assert server.queue([(1, 1)]) == [10]
    assert server.groups == [[1]]


def test_those_who_come_meanwhile_are_served_together_in_their_order():
    server, answers = Server(), {}
    server.hold()

    def call(number):
        (answers[number],) = server.queue([(number, 1)])

    threads = [begun(call, 0)]
    assert server.is_serving.wait(30)
    for number in range(1, 6):
        threads.append(begun(call, number))
        server.waiting(number)
    server.may_go.set()
    for thread in threads:
        thread.join(30)
    assert server.groups == [[0], [1, 2, 3, 4, 5]]
    assert answers == {number: number * 10 for number in range(6)}


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([4, 4, 4], [[0, 1], [2]]),
        ([11, 1], [[0], [1]]),
        ([1, 11, 1, 1], [[0], [1], [2, 3]]),
        ([10, 10], [[0], [1]]),
        ([5, 5, 1], [[0, 1], [2]]),
    ],
)
def test_a_group_has_its_size(sizes, groups):
    server = Server(most=10)
    assert server.queue(enumerate(sizes)) == [n * 10 for n in range(len(sizes))]
    assert server.groups == groups


def test_every_one_of_many_gets_its_own_answer():
    server, start = Server(most=7), Barrier(16)

    def calls(thread):
        start.wait(30)
        chance = random.Random(thread)
        for n in range(200):
            some = [(thread * 1_000 + n, chance.randint(1, 9)) for _ in range(chance.randint(1, 3))]
            assert server.queue(some) == [number * 10 for number, _ in some]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(calls, range(16)))
    assert not server.queue._waiting
    assert not server.queue._is_served
    of_thread = {}
    for number in (number for group in server.groups for number in group):
        thread = number // 1_000
        assert of_thread.get(thread, 0) <= number  # in the order in which it asked
        of_thread[thread] = number


def test_who_serves_and_is_interrupted_leaves_nobody_waiting():
    told, interrupt = [], Event()

    def serve(calls):
        if not interrupt.is_set():
            interrupt.set()
            server.waiting(2)
            raise KeyboardInterrupt
        return list(calls)

    server = Server()
    server.queue = Together(serve, lambda _: 1, 10)

    def call(number):
        try:
            told.append(server.queue([number]))
        except KeyboardInterrupt:
            told.append("interrupted")

    first = begun(call, 0)
    assert interrupt.wait(30)
    others = [begun(call, 1), begun(call, 2)]
    for thread in (first, *others):
        thread.join(30)
    assert sorted(told, key=str) == [[1], [2], "interrupted"]
    assert server.queue([5]) == [5]


def test_those_who_were_served_by_somebody_who_was_interrupted_are_told():
    met, entered = {}, Event()

    def serve(calls):
        if calls == [0]:
            entered.set()
            server.waiting(2)
        elif calls == [1, 2]:
            raise KeyboardInterrupt
        return list(calls)

    server = Server()
    server.queue = Together(serve, lambda _: 1, 10)

    def call(number):
        try:
            (met[number],) = server.queue([number])
        except KeyboardInterrupt as error:
            met[number] = error

    threads = [begun(call, 0)]
    assert entered.wait(30)
    threads.append(begun(call, 1))
    server.waiting(1)
    threads.append(begun(call, 2))
    for thread in threads:
        thread.join(30)
    assert met[0] == 0
    assert isinstance(met[1], KeyboardInterrupt)
    assert isinstance(met[2], StorageError)
    assert met[2].problems[0].code == "interrupted"


def test_who_gives_up_waiting_is_not_served():
    server = Server()
    server.hold()
    first = begun(server.queue, [(0, 1)])
    assert server.is_serving.wait(30)
    waiting = begun(server.queue, [(2, 1)])
    server.waiting(1)

    turns = list(server.queue._waiting)
    server.queue._withdraw(turns)  # what an interrupt of that thread does
    server.may_go.set()
    first.join(30)
    assert server.queue([(3, 1)]) == [30]
    assert server.groups == [[0], [3]]
    turns[0].give(None)
    waiting.join(30)
