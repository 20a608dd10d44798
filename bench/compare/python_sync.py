"""CPython's locks and shared values: `python_sync.py ROW [--quick]`.

The same workloads as in sync_workloads.ts; prints `{"value": number}` in the unit of the row.
"""

import json
import multiprocessing
import os
import statistics
import sys
import time

QUICK = "--quick" in sys.argv


def nanoseconds(calls, fn):
    rounds = []
    for _ in range(7):
        start = time.perf_counter()
        fn(calls)
        rounds.append((time.perf_counter() - start) / calls * 1e9)
    return statistics.median(rounds)


def lock_row(context):
    lock = context.Lock()

    def loop(calls):
        for _ in range(calls):
            lock.acquire()
            lock.release()

    return nanoseconds(50_000 if QUICK else 500_000, loop)


def hold_row(context):
    lock = context.Lock()

    def loop(calls):
        for _ in range(calls):
            with lock:
                pass

    return nanoseconds(50_000 if QUICK else 500_000, loop)


def value_row(context):
    value = context.Value("i", 0)

    def loop(calls):
        for _ in range(calls):
            with value.get_lock():
                value.value += 1

    return nanoseconds(50_000 if QUICK else 500_000, loop)


def contend(lock, ready, go, total, seconds):
    ready.release()
    go.wait()
    start = time.perf_counter()
    acquired = 0
    while time.perf_counter() - start < seconds:
        for _ in range(10):
            lock.acquire()
            lock.release()
        acquired += 10
    rate = acquired / (time.perf_counter() - start)
    with total.get_lock():
        total.value += rate


def contended(context, children):
    lock = context.Lock()
    ready = context.Semaphore(0)
    go = context.Event()
    total = context.Value("d", 0)
    args = (lock, ready, go, total, 0.3 if QUICK else 1)
    processes = [context.Process(target=contend, args=args) for _ in range(children)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    go.set()
    for process in processes:
        process.join()
    return total.value


def answer(ping, pong, rounds):
    for _ in range(rounds):
        ping.acquire()
        pong.release()


def hand_over(context):
    ping = context.Semaphore(0)
    pong = context.Semaphore(0)
    rounds = 5_000 if QUICK else 20_000
    process = context.Process(target=answer, args=(ping, pong, rounds + 1000))
    process.start()
    times = []
    for index in range(rounds + 1000):
        start = time.perf_counter()
        ping.release()
        pong.acquire()
        if index >= 1000:
            times.append((time.perf_counter() - start) * 5e5)
    process.join()
    return statistics.median(times)


def wake(there, back):
    for one, other in zip(there, back):
        one.wait()
        other.set()


def event_wake(context):
    rounds = 100 if QUICK else 300
    there = [context.Event() for _ in range(rounds)]
    back = [context.Event() for _ in range(rounds)]
    process = context.Process(target=wake, args=(there, back))
    process.start()
    times = []
    for one, other in zip(there, back):
        time.sleep(0.004)
        start = time.perf_counter()
        one.set()
        other.wait()
        times.append((time.perf_counter() - start) * 5e5)
    process.join()
    return statistics.median(times)


def idle(go, done):
    go.set()
    done.wait()


def cpu_times(pid):
    folder = f"/proc/{pid}/task"
    times = {}
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/schedstat") as file:
            times[thread] = int(file.read().split()[0])
    return times


def idle_cpu(context):
    go, done = context.Event(), context.Event()
    process = context.Process(target=idle, args=(go, done))
    process.start()
    go.wait()
    time.sleep(1)
    before = cpu_times(process.pid)
    start = time.perf_counter()
    time.sleep(2 if QUICK else 5)
    seconds = time.perf_counter() - start
    used = sum(ns - before.get(thread, 0) for thread, ns in cpu_times(process.pid).items())
    done.set()
    process.join()
    return used / 1e9 / seconds * 1000


ROWS = {
    "lock": lock_row,
    "hold": hold_row,
    "value": value_row,
    "contended-2": lambda context: contended(context, 2),
    "contended-4": lambda context: contended(context, 4),
    "hand-over": hand_over,
    "event": event_wake,
    "idle": idle_cpu,
}

if __name__ == "__main__":
    print(json.dumps({"value": ROWS[sys.argv[1]](multiprocessing.get_context("spawn"))}))
