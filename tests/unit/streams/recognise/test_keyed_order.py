"""Whoever took a place in a line goes in that order, however late he comes; who leaves is not waited for."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from streams.recognise.keyed_order import KeyedOrder, Turn


def test_they_go_in_the_order_in_which_they_took_their_places() -> None:
    turns, been, last_is_there = KeyedOrder[str](), list[int](), Event()
    places = [turns.take("front") for _ in range(5)]

    def go(number: int, turn: Turn) -> None:
        if number == 0:
            last_is_there.wait()
        if number == len(places) - 1:
            last_is_there.set()
        with turn:
            been.append(number)

    with ThreadPoolExecutor(len(places)) as pool:
        wait([pool.submit(go, *each) for each in enumerate(places)])
    assert been == [0, 1, 2, 3, 4]


def test_nobody_waits_for_who_left_nor_for_another_line() -> None:
    turns = KeyedOrder[str]()
    first, second, other = turns.take("front"), turns.take("front"), turns.take("back")
    with other:
        pass
    first.leave()
    with second:
        pass
    with second:
        pass
