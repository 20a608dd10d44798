"""The workloads of python_pool.py that do nothing but arithmetic, as cpu_workloads.ts has them."""

import math
import os
import statistics
import time

PRIMES_BELOW = 300_000
TURN_MICROS = 80_000


def count_primes(limit):
    return sum(is_prime(candidate) for candidate in range(2, limit))


def is_prime(candidate):
    divisor = 2
    while divisor * divisor <= candidate:
        if candidate % divisor == 0:
            return False
        divisor += 1
    return True


def burn(rounds):
    value = 1.5
    for _ in range(rounds):
        value = burn_round(value)
    return value


def burn_round(value):
    for _ in range(100):
        value = value * 0.75 + 0.3125
    return value


def primes(pool, quick):
    limits = [PRIMES_BELOW] * 4

    def parallel():
        return pool.map(count_primes, limits, chunksize=1)

    # Long enough that nothing has to be warm.
    return in_turns(count_primes, limits, parallel, 1, 1 if quick else 2, warmup=0)[1]


def in_turns(fn, serial, parallel, times, rounds, warmup=1):
    """Medians of tasks per second, and of how many times the serial rate that is."""
    rates, ratios = [], []
    for turn in range(-warmup, rounds):
        start = time.perf_counter()
        expected = [fn(item) for item in serial]
        between = time.perf_counter()
        results = parallel()
        taken = time.perf_counter() - between
        if results[-1] != expected[-1]:
            raise ValueError("wrong result")
        if turn >= 0:
            rates.append(len(results) / taken)
            ratios.append((between - start) * times / taken)
    return statistics.median(rates), statistics.median(ratios)


def rounds_in(micros):
    """How many rounds `burn` does in so many microseconds when nothing disturbs it."""
    rounds, best = 1000, math.inf
    for _ in range(9):
        start = time.perf_counter()
        burn(rounds)
        best = min(best, time.perf_counter() - start)
    return max(1, round(rounds * micros / (best * 1e6)))


def speed_up(micros, tasks):
    def row(pool, quick):
        items = [rounds_in(micros)] * tasks
        return in_turns(burn, items, lambda: pool.map(burn, items), 1, 1 if quick else 3)[1]

    return row


def scaling(context, micros, quick):
    length, tasks, points = rounds_in(micros), TURN_MICROS // micros, []
    linux = hasattr(os, "sched_getaffinity")
    for workers in worker_counts(len(os.sched_getaffinity(0)) if linux else os.cpu_count()):
        serial, parallel = [length] * tasks, [length] * tasks * workers
        with open_pool(context, workers) as pool:
            rate, gain = in_turns(
                burn, serial, lambda: pool.map(burn, parallel), workers, 1 if quick else 3
            )
        points.append({"workers": workers, "rate": rate, "speedUp": gain})
    return points


def worker_counts(cores):
    counts, count = [], 1
    while count < cores:
        counts.append(count)
        count = count + 1 if count < 4 else count * 2
    return [*counts, cores]


def open_pool(context, workers):
    pool = context.Pool(workers)
    pool.map(count_primes, [30_000] * 4 * workers, chunksize=1)
    return pool
