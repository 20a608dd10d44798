"""CPython's managers: `python_manager.py ROW [--quick]`.

The same workloads as in manager_workloads.ts; prints `{"value": number}`, calls per second.
"""

import json
import multiprocessing
import statistics
import sys
import threading
import time

QUICK = "--quick" in sys.argv
THREADS = 8
CLIENTS = 2


def for_seconds(calls, seconds):
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < seconds:
        count += calls()
    return count / (time.perf_counter() - start)


def per_second(calls):
    rounds, seconds = (3, 0.15) if QUICK else (5, 0.5)
    for_seconds(calls, seconds)
    return statistics.median(for_seconds(calls, seconds) for _ in range(rounds))


def one_by_one(proxy):
    for _ in range(100):
        proxy.get("key")
    return 100


def call_row(context, manager, proxy):
    return per_second(lambda: one_by_one(proxy))


def calls_row(context, manager, proxy):
    """Its calls block: so many threads, each with a connection of its own."""
    seconds = 0.5 if QUICK else 2.5
    rates = []

    def work():
        rates.append(for_seconds(lambda: one_by_one(proxy), seconds))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(sum(rates), call_row(context, manager, proxy))


def client(proxy, ready, go, rates, seconds):
    for_seconds(lambda: one_by_one(proxy), seconds / 4)
    ready.append(1)
    go.wait()
    rates.append(for_seconds(lambda: one_by_one(proxy), seconds))


def clients_row(context, manager, proxy):
    ready, rates, go = manager.list(), manager.list(), manager.Event()
    args = (proxy, ready, go, rates, 0.4 if QUICK else 2)
    processes = [context.Process(target=client, args=args) for _ in range(CLIENTS)]
    for process in processes:
        process.start()
    while len(ready) < CLIENTS:
        time.sleep(0.005)
    go.set()
    for process in processes:
        process.join()
    return sum(rates)


ROWS = {
    "manager-call": call_row,
    "manager-calls": calls_row,
    "manager-clients": clients_row,
}

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        proxy = manager.dict({"key": 1})
        print(json.dumps({"value": ROWS[sys.argv[1]](context, manager, proxy)}))
