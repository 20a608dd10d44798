"""CPython's multiprocessing, two workers: `python_pool.py ROW [--quick]`.

The same workloads as in workloads.ts and cpu_workloads.ts; prints `{"value": number}`
in the unit of the row. Everything uses the spawn start method, as the library does.
"""

import array
import json
import multiprocessing
import statistics
import sys
import time

from python_cpu import count_primes, open_pool, primes, scaling, speed_up

TASKS = 20_000
ITEMS = 1_000_000
MEGABYTE = 131_072


def increment(x):
    return x + 1


def relabel(item):
    point = item["point"]
    return {
        "id": item["id"] + 1,
        "name": item["name"],
        "tags": [item["tags"][1], item["tags"][0]],
        "point": {"x": point["y"], "y": point["x"]},
    }


def echo(values):
    return values


def nothing():
    pass


def median(fn, iterations, warmup, seconds=0.0):
    """The median time of a call in seconds; a call may return the time that counts."""
    for _ in range(warmup):
        fn()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < iterations or time.perf_counter() < end:
        start = time.perf_counter()
        result = fn()
        times.append(result if isinstance(result, float) else time.perf_counter() - start)
    return statistics.median(times)


def process_start(context, quick):
    def once():
        process = context.Process(target=nothing)
        process.start()
        process.join()

    return median(once, 3 if quick else 11, 1) * 1000


def pool_start(context, quick):
    def once():
        start = time.perf_counter()
        pool = context.Pool(2)
        pool.apply(increment, (1,))
        elapsed = time.perf_counter() - start
        pool.terminate()
        pool.join()
        return elapsed

    return median(once, 3 if quick else 9, 1) * 1000


def batches(fn, quick):
    return median(fn, 2 if quick else 3, 1, 0.0 if quick else 0.7)


def apply(pool, quick):
    return median(lambda: pool.apply(increment, (1,)), 300, 1000, 0.2 if quick else 1.0) * 1e6


def trivial(pool):
    results = [pool.apply_async(increment, (index,)) for index in range(TASKS)]
    if [result.get() for result in results][-1] != TASKS:
        raise ValueError("wrong result")


def tasks(pool, quick):
    return TASKS / batches(lambda: trivial(pool), quick)


def objects(pool, quick):
    items = [
        {
            "id": index,
            "name": f"item {index}",
            "tags": ["red", "round"],
            "point": {"x": index, "y": index / 4},
        }
        for index in range(TASKS)
    ]

    def once():
        results = [pool.apply_async(relabel, (item,)) for item in items]
        if [result.get() for result in results][-1]["id"] != TASKS:
            raise ValueError("wrong result")

    return TASKS / batches(once, quick)


def map_items(pool, quick):
    items = list(range(ITEMS))

    def once():
        if pool.map(increment, items)[-1] != ITEMS:
            raise ValueError("wrong result")

    return ITEMS / batches(once, quick)


def imap(pool, quick):
    def once():
        if sum(pool.imap(increment, range(TASKS))) != TASKS * (TASKS + 1) // 2:
            raise ValueError("wrong sum")

    return TASKS / batches(once, quick)


def megabyte(pool, quick):
    values = array.array("d", (index / 3 for index in range(MEGABYTE)))

    def once():
        if len(pool.apply(echo, (values,))) != MEGABYTE:
            raise ValueError("wrong length")

    return median(once, 50, 50, 0.1 if quick else 0.7) * 1000


def parent_cpu(pool, quick):
    """Microseconds of this process, with the threads that feed and drain its pool."""
    trivial(pool)
    tasks, start, before = 0, time.perf_counter(), time.process_time()
    while tasks < 2 * TASKS or time.perf_counter() - start < (0.1 if quick else 0.6):
        trivial(pool)
        tasks += TASKS
    return (time.process_time() - before) / tasks * 1e6


POOL_ROWS = {
    "apply": apply,
    "tasks": tasks,
    "objects": objects,
    "map": map_items,
    "imap": imap,
    "megabyte": megabyte,
    "primes": primes,
    "speedup-1ms": speed_up(1000, 400),
    "speedup-50us": speed_up(50, 8000),
    "parent-cpu": parent_cpu,
}


def main():
    row, quick = sys.argv[1], "--quick" in sys.argv
    context = multiprocessing.get_context("spawn")
    figure = {}
    if row == "process-start":
        figure["value"] = process_start(context, quick)
    elif row == "pool-start":
        figure["value"] = pool_start(context, quick)
    elif row.startswith("scaling-"):
        micros = {"scaling-50us": 50, "scaling-1ms": 1000}[row]
        figure["points"] = scaling(context, micros, quick)
        figure["value"] = figure["points"][-1]["speedUp"]
    else:
        with open_pool(context, 2) as pool:
            figure["value"] = POOL_ROWS[row](pool, quick)
    print(json.dumps(figure))


if __name__ == "__main__":
    main()
