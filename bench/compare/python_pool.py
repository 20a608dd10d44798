"""CPython's multiprocessing, two workers: `python_pool.py ROW [--quick]`.

The same workloads as in workloads.ts, with the same warm-ups; prints `{"value": number}`
in the unit of the row. Everything uses the spawn start method, as the library does.
"""

import array
import json
import multiprocessing
import statistics
import sys
import time

TASKS = 20_000
ITEMS = 1_000_000
PRIMES_BELOW = 300_000
MEGABYTE = 131_072


def increment(x):
    return x + 1


def echo(values):
    return values


def count_primes(limit):
    count = 0
    for candidate in range(2, limit):
        divisor = 2
        while divisor * divisor <= candidate:
            if candidate % divisor == 0:
                break
            divisor += 1
        else:
            count += 1
    return count


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

    return median(once, 5 if quick else 15, 1) * 1000


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


def apply(pool, quick):
    return median(lambda: pool.apply(increment, (1,)), 300, 1000, 0.3 if quick else 1.5) * 1e6


def tasks(pool, quick):
    def once():
        results = [pool.apply_async(increment, (index,)) for index in range(TASKS)]
        if [result.get() for result in results][-1] != TASKS:
            raise ValueError("wrong result")

    return TASKS / median(once, 3 if quick else 7, 2)


def map_items(pool, quick):
    items = list(range(ITEMS))

    def once():
        if pool.map(increment, items)[-1] != ITEMS:
            raise ValueError("wrong result")

    return ITEMS / median(once, 2 if quick else 5, 1)


def megabyte(pool, quick):
    values = array.array("d", (index / 3 for index in range(MEGABYTE)))

    def once():
        if len(pool.apply(echo, (values,))) != MEGABYTE:
            raise ValueError("wrong length")

    return median(once, 50, 50, 0.2 if quick else 1.0) * 1000


def primes(pool, quick):
    limits = [PRIMES_BELOW] * 4
    speed_ups = []
    for _ in range(1 if quick else 3):
        start = time.perf_counter()
        for limit in limits:
            count_primes(limit)
        between = time.perf_counter()
        pool.map(count_primes, limits, chunksize=1)
        speed_ups.append((between - start) / (time.perf_counter() - between))
    return statistics.median(speed_ups)


POOL_ROWS = {
    "apply": apply,
    "tasks": tasks,
    "map": map_items,
    "megabyte": megabyte,
    "primes": primes,
}


def main():
    row, quick = sys.argv[1], "--quick" in sys.argv
    context = multiprocessing.get_context("spawn")
    if row == "process-start":
        value = process_start(context, quick)
    elif row == "pool-start":
        value = pool_start(context, quick)
    else:
        with context.Pool(2) as pool:
            pool.map(count_primes, [30_000] * 8, chunksize=1)
            value = POOL_ROWS[row](pool, quick)
    print(json.dumps({"value": value}))


if __name__ == "__main__":
    main()
