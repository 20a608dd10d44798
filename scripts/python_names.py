"""
The public names of Python's multiprocessing and concurrent.futures, as this interpreter has them:

    python3 scripts/python_names.py > scripts/python_names.json

Names that are newer than the interpreter stand in `LATER`. `check_names.ts` reads the file.
"""

import concurrent.futures
import importlib
import json
import multiprocessing
import platform
from concurrent.futures import process as futures_process
from concurrent.futures import thread as futures_thread
from multiprocessing import connection, context, managers, pool, process, shared_memory

MODULES = [
    "multiprocessing",
    "multiprocessing.connection",
    "multiprocessing.context",
    "multiprocessing.dummy",
    "multiprocessing.managers",
    "multiprocessing.pool",
    "multiprocessing.process",
    "multiprocessing.queues",
    "multiprocessing.reduction",
    "multiprocessing.shared_memory",
    "multiprocessing.sharedctypes",
    "multiprocessing.synchronize",
    "multiprocessing.util",
    "concurrent.futures",
    "concurrent.futures.process",
    "concurrent.futures.thread",
]

# Names that came after the version that the file was made with.
LATER = {
    "3.14": {
        "multiprocessing.Process": ["interrupt"],
        "multiprocessing.Lock": ["locked"],
        "multiprocessing.RLock": ["locked"],
        "multiprocessing.managers": ["SetProxy"],
        "multiprocessing.managers.SyncManager": ["set"],
        "multiprocessing.managers.DictProxy": ["fromkeys"],
        "multiprocessing.managers.ListProxy": ["clear", "copy"],
        "multiprocessing.managers.SetProxy": [
            "add",
            "clear",
            "copy",
            "difference",
            "difference_update",
            "discard",
            "intersection",
            "intersection_update",
            "isdisjoint",
            "issubset",
            "issuperset",
            "pop",
            "remove",
            "symmetric_difference",
            "symmetric_difference_update",
            "union",
            "update",
        ],
        "concurrent.futures": ["InterpreterPoolExecutor"],
        "concurrent.futures.ProcessPoolExecutor": ["kill_workers", "terminate_workers"],
        "concurrent.futures.interpreter": ["BrokenInterpreterPool"],
    }
}


def public(names):
    return sorted({name for name in names if not name.startswith("_")})


def module_names(module):
    """What it exports, and what it defines without exporting it."""
    own = [name for name in dir(module) if defined_in(module, getattr(module, name))]
    return public([*getattr(module, "__all__", []), *own])


def defined_in(module, value):
    return getattr(value, "__module__", None) == module.__name__


def members(value, *ignored):
    """The members of a class or of an instance, apart from those of other classes."""
    inherited = {name for other in ignored for name in dir(other)}
    return [name for name in public(dir(value)) if name not in inherited]


def class_names():
    yield "multiprocessing.Process", members(process.BaseProcess)
    yield "multiprocessing.context.BaseContext", members(context.BaseContext)
    # `Pool.Process` is how it makes its workers.
    yield "multiprocessing.pool.Pool", [n for n in members(pool.Pool) if n != "Process"]
    yield "multiprocessing.pool.AsyncResult", members(pool.AsyncResult)
    yield "multiprocessing.pool.IMapIterator", members(pool.IMapIterator)
    yield "multiprocessing.connection.Connection", members(connection.Connection)
    yield "multiprocessing.connection.Listener", members(connection.Listener)
    # Some have members that only an instance shows.
    for name in ["Queue", "JoinableQueue", "SimpleQueue"]:
        yield f"multiprocessing.{name}", members(getattr(multiprocessing, name)())
    for name in ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Event", "Condition"]:
        yield f"multiprocessing.{name}", members(getattr(multiprocessing, name)())
    yield "multiprocessing.Barrier", members(multiprocessing.Barrier(1))
    yield "multiprocessing.Value", members(multiprocessing.Value("i"))
    yield "multiprocessing.Array", members(multiprocessing.Array("c", 1))
    yield "multiprocessing.shared_memory.SharedMemory", members(shared_memory.SharedMemory)
    yield "multiprocessing.shared_memory.ShareableList", members(shared_memory.ShareableList)
    # Its `shutdown` is made when it starts.
    yield "multiprocessing.managers.BaseManager", ["shutdown", *members(managers.BaseManager)]
    base = managers.BaseManager
    yield "multiprocessing.managers.SyncManager", members(managers.SyncManager, base)
    yield "multiprocessing.managers.SharedMemoryManager", members(
        managers.SharedMemoryManager, base
    )
    yield "multiprocessing.managers.Server", ["serve_forever"]
    proxy = managers.BaseProxy
    yield "multiprocessing.managers.DictProxy", members(managers.DictProxy, proxy)
    yield "multiprocessing.managers.ListProxy", members(managers.ListProxy, proxy)
    yield "multiprocessing.managers.ValueProxy", members(managers.ValueProxy, proxy)
    executor = concurrent.futures.Executor
    yield "concurrent.futures.Executor", members(executor)
    yield "concurrent.futures.ProcessPoolExecutor", members(
        futures_process.ProcessPoolExecutor, executor
    )
    yield "concurrent.futures.ThreadPoolExecutor", members(
        futures_thread.ThreadPoolExecutor, executor
    )
    yield "concurrent.futures.Future", members(concurrent.futures.Future)


if __name__ == "__main__":
    names = {name: module_names(importlib.import_module(name)) for name in MODULES}
    names |= {name: found for name, found in class_names() if found}
    names = {group: " ".join(found) for group, found in names.items()}
    later = {v: {g: " ".join(found) for g, found in new.items()} for v, new in LATER.items()}
    result = {"python": platform.python_version(), "names": names, "later": later}
    print(json.dumps(result, indent=2))
