"""Threads share a room of pixels: never more are held than there are, and nobody waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from giemsa.data.room import Room


def test_never_more_is_held_than_there_is():
    room, lock, held, most = Room(100), threading.Lock(), [0], [0]

    def work(pixels):
        with room.for_pixels(pixels):
            with lock:
                held[0] += min(pixels, 100)
                most[0] = max(most[0], held[0])
            with lock:
                held[0] -= min(pixels, 100)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [10, 60, 30, 100, 70, 500, 20, 50] * 50, timeout=60))
    assert 60 <= most[0] <= 100
    assert room.left == 100


def test_small_ones_stand_side_by_side():
    room, both = Room(100), threading.Barrier(2, timeout=30)

    def work(_):
        with room.for_pixels(50):
            both.wait()  # passed only where two are in the room

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


def test_a_large_one_is_not_overtaken():
    room, order = Room(100), []

    def work(pixels):
        with room.for_pixels(pixels):
            order.append(pixels)

    with room.for_pixels(50):
        large, small = threading.Thread(target=work, args=[100]), threading.Thread(target=work, args=[10])
        large.start()
        patience = time.monotonic() + 10
        while not room._door.locked() and time.monotonic() < patience:
            time.sleep(0.001)
        small.start()
        small.join(0.05)
        assert order == []
    large.join(30)
    small.join(30)
    assert order == [100, 10]


def test_an_error_gives_back_what_was_held():
    room = Room(100)
    with pytest.raises(ZeroDivisionError), room.for_pixels(30):
        assert room.left == 70
        raise ZeroDivisionError
    assert room.left == 100
