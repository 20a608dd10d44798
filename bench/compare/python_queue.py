"""CPython's pipes and queues: `python_queue.py Queue|SimpleQueue ROW [--quick]`.

The same workloads as in pipe_workloads.ts and queue_workloads.ts; prints
`{"value": number, "cpu": number}` as they do.
"""

import json
import multiprocessing
import resource
import statistics
import sys
import time

QUICK = "--quick" in sys.argv
MEGABYTE = 2**20
TRIPS = 100
MESSAGES = {
    "number": (42, 1000),
    "object": ({"id": 7, "name": "a small object", "list": [1, 2]}, 1000),
    "megabyte": (b"\x01" * MEGABYTE, 8),
}


def cpu_micros():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def child(connection, role):
    connection.send("ready")
    before = cpu_micros()
    while True:
        message = connection.recv_bytes() if role == "bytes" else connection.recv()
        if role == "bytes" and len(message) < 2:
            message = None if message == b"0" else "end"
        if message == "end":
            return
        if message is None:
            connection.send(cpu_micros() - before)
            before = cpu_micros()
        elif role == "echo":
            connection.send(message)


def with_child(context, role, measure):
    here, there = context.Pipe()
    process = context.Process(target=child, args=(there, role))
    process.start()
    there.close()
    here.recv()
    figure = measure(here)
    here.send_bytes(b"1") if role == "bytes" else here.send("end")
    process.join()
    return figure


def others_cpu(connection, role="echo"):
    connection.send_bytes(b"0") if role == "bytes" else connection.send(None)
    return connection.recv()


def busy(context):
    def measure(connection):
        def batch():
            start = time.perf_counter()
            for index in range(TRIPS):
                connection.send(index)
                connection.recv()
            return (time.perf_counter() - start) / TRIPS * 1e6

        for _ in range(5 if QUICK else 20):
            batch()
        others_cpu(connection)
        batches = []
        before, start = cpu_micros(), time.perf_counter()
        while time.perf_counter() - start < (0.2 if QUICK else 0.6):
            batches.append(batch())
        cpu = cpu_micros() - before + others_cpu(connection)
        return statistics.median(batches), cpu / len(batches) / TRIPS

    return with_child(context, "echo", measure)


def from_sleep(context):
    def measure(connection):
        times = []
        trips = 60 if QUICK else 200
        for index in range(-20, trips):
            if index == 0:
                others_cpu(connection)
                before = cpu_micros()
            time.sleep(0.002)
            start = time.perf_counter()
            connection.send(index)
            connection.recv()
            if index >= 0:
                times.append((time.perf_counter() - start) * 1e6)
        cpu = cpu_micros() - before + others_cpu(connection)
        return statistics.median(times), cpu / trips

    return with_child(context, "echo", measure)


def one_way(context, kind, role="take", scale=1):
    message, count = MESSAGES[kind]

    def measure(connection):
        send = connection.send_bytes if role == "bytes" else connection.send

        def run(count):
            before, start = cpu_micros(), time.perf_counter()
            for _ in range(count):
                send(message)
            others = others_cpu(connection, role)
            seconds = time.perf_counter() - start
            return seconds, (cpu_micros() - before + others) / count

        number = count
        while run(number)[0] < (0.05 if QUICK else 0.15):
            number *= 2
        runs = [run(number) for _ in range(3)]
        seconds, cpu = sorted(runs)[1]
        return number / seconds * scale, cpu

    return with_child(context, role, measure)


def produce(queue, ready, go, cpu, size, seconds):
    item = 42 if size == 0 else b"\x01" * size
    puts = 10 if size == 0 else 1
    ready.release()
    go.wait()
    before, start = cpu_micros(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(puts):
            queue.put(item)
    queue.put(None)
    if hasattr(queue, "join_thread"):  # the thread that writes what was put
        queue.close()
        queue.join_thread()
    with cpu.get_lock():
        cpu.value += cpu_micros() - before


def consume(queue, ready, go, done, items, cpu):
    ready.release()
    go.wait()
    before = cpu_micros()
    number = 0
    while queue.get() is not None:
        number += 1
    with items.get_lock():
        items.value += number
    with cpu.get_lock():
        cpu.value += cpu_micros() - before
    done.release()


def through(context, pairs, size=0):
    if sys.argv[1] == "SimpleQueue":
        queue = context.SimpleQueue()
    else:
        queue = context.Queue(16 if size else 0)
    ready, go, done = context.Semaphore(0), context.Event(), context.Semaphore(0)
    items, cpu = context.Value("d", 0), context.Value("d", 0)
    seconds = 0.2 if QUICK else 0.6
    processes = []
    for _ in range(pairs):
        processes.append(
            context.Process(target=produce, args=(queue, ready, go, cpu, size, seconds))
        )
        processes.append(
            context.Process(target=consume, args=(queue, ready, go, done, items, cpu))
        )
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    start = time.perf_counter()
    go.set()
    for _ in range(pairs):
        done.acquire()
    taken = time.perf_counter() - start
    for process in processes:
        process.join()
    return items.value / taken * (size / 1e6 if size else 1), cpu.value / items.value


ROWS = {
    "pipe-busy": busy,
    "pipe-busy-async": busy,
    "pipe-sleep": from_sleep,
    "pipe-sleep-async": from_sleep,
    "pipe-one-way": lambda context: one_way(context, "number"),
    "pipe-one-way-async": lambda context: one_way(context, "number"),
    "pipe-objects": lambda context: one_way(context, "object"),
    "pipe-megabyte": lambda context: one_way(context, "megabyte", "take", MEGABYTE / 1e6),
    "pipe-bytes": lambda context: one_way(context, "megabyte", "bytes", MEGABYTE / 1e6),
    "queue-1": lambda context: through(context, 1),
    "queue-1-async": lambda context: through(context, 1),
    "queue-2": lambda context: through(context, 2),
    "queue-4": lambda context: through(context, 4),
    "queue-megabyte": lambda context: through(context, 1, MEGABYTE),
}

if __name__ == "__main__":
    value, cpu = ROWS[sys.argv[2]](multiprocessing.get_context("spawn"))
    print(json.dumps({"value": value, "cpu": cpu}))
