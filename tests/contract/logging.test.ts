/** The logger: what is said, who hears it, and what children inherit. */

import assert from "node:assert/strict";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { getContext, getLogger, logToStderr } from "../../mod.ts";
import type { LogLevel, LogRecord } from "../../mod.ts";
import { double } from "../fixtures/logging/program.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram } from "../support/runtime.ts";

const PROGRAM = fixture("logging/program.ts");
const LOG_LINE = /^\[([A-Z]+)\/([\w:-]+)\] (.*)$/;

/** What a scenario has logged, `LEVEL message` for each process in its order, without numbers of processes. */
async function scenario(
  name: string,
  method: string,
): Promise<{ logged: Record<string, string[]>; said: { word: string; level: number }[] }> {
  const result = await runProgram(PROGRAM, [name, method]);
  assert.deepEqual([result.timedOut, result.code], [false, 0], result.stdout + result.stderr);
  const logged: Record<string, string[]> = {};
  for (const line of result.stderr.split("\n")) {
    const [, level, who, message] = LOG_LINE.exec(line) ?? [];
    if (who === undefined) assert.match(line, /^$|ExperimentalWarning|--trace-warnings/);
    else (logged[who] ??= []).push(`${level} ${message.replace(/process \d+/, "process N")}`);
  }
  const said = result.stdout.trimEnd().split("\n").filter(Boolean);
  return { logged, said: said.map((line) => JSON.parse(line)) };
}

/** Collects what is logged here while a function runs. */
async function records(level: LogLevel, body: () => unknown): Promise<LogRecord[]> {
  const logger = getLogger();
  const all: LogRecord[] = [];
  const handler = (record: LogRecord) => void all.push(record);
  logger.level = level;
  logger.addHandler(handler);
  try {
    await body();
  } finally {
    logger.removeHandler(handler);
  }
  return all;
}

afterEach(() => {
  getLogger().level = "warning";
});

describe("The logger", () => {
  it("writes on standard error when it is told to", async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, ["own", "spawn"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.trimEnd().split("\n"), ["[true,30]", '"goes on"']);
    const lines = stderr.split("\n");
    assert.deepEqual(lines.slice(0, 4), [
      "[WARNING/MainProcess] two",
      "lines",
      "[INFO/MainProcess] again",
      "A log handler in MainProcess has failed:",
    ]);
    assert.match(lines[4], /RangeError: no such luck/);
  });

  it("hands records to handlers", async () => {
    const before = Date.now();
    const [record, ...more] = await records("debug", () => getLogger().debug("a word"));
    assert.deepEqual(more, []);
    const { time, ...rest } = record;
    assert.ok(time >= before && time <= Date.now());
    assert.deepEqual(rest, {
      level: 10,
      levelName: "DEBUG",
      message: "a word",
      processName: "MainProcess",
      pid: process.pid,
    });
  });

  it("has Python's levels, and any other number", async () => {
    const logger = getLogger();
    const all = await records("subdebug", () => {
      logger.debug("m");
      logger.info("m");
      logger.warning("m");
      logger.error("m");
      logger.critical("m");
      for (const level of [5, 25, 15, "subwarning", "Error"]) logger.log(level as LogLevel, "m");
      logger.log(4.9, "not heard");
    });
    assert.deepEqual(all.map(({ level, levelName }) => `${level} ${levelName}`), [
      "10 DEBUG",
      "20 INFO",
      "30 WARNING",
      "40 ERROR",
      "50 CRITICAL",
      "5 SUBDEBUG",
      "25 SUBWARNING",
      "15 Level 15",
      "25 SUBWARNING",
      "40 ERROR",
    ]);
  });

  it("drops what is below its level, and makes no message of it", async () => {
    const logger = getLogger();
    let calls = 0;
    const all = await records("error", () => {
      logger.warning(() => `${++calls}`);
      logger.error(() => `${++calls}`);
      logger.log(39, () => `${++calls}`);
    });
    assert.deepEqual([all.map(({ message }) => message), calls], [["1"], 1]);
    logger.critical(() => `${++calls}`); // nobody listens any more
    assert.equal(calls, 1);
  });

  it("says what it would drop", () => {
    const logger = getLogger();
    assert.equal(logger.level, 30);
    assert.deepEqual([29, "info", 30, "critical"].map((l) => logger.isEnabledFor(l as LogLevel)), [
      false,
      false,
      true,
      true,
    ]);
    logger.level = 0;
    assert.ok(logger.isEnabledFor("subdebug"));
    logger.level = Infinity;
    assert.ok(!logger.isEnabledFor("critical"));
  });

  it("calls a handler once, until it is removed", async () => {
    const logger = getLogger();
    let calls = 0;
    const first = () => {
      calls++;
      logger.removeHandler(first);
    };
    logger.addHandler(first);
    logger.addHandler(first);
    const all = await records("info", () => {
      logger.info("one");
      logger.info("two");
      logger.removeHandler(first);
      logger.removeHandler(() => {});
    });
    assert.deepEqual([all.length, calls], [2, 1]);
  });

  it("refuses what is no level, no handler", () => {
    const logger = getLogger();
    for (const level of ["loud", "", NaN, -1]) {
      const wrong = { name: "RangeError", message: /Cannot .* (loud|""|NaN|-1).*: give a number/s };
      const given = level as LogLevel;
      const calls = [() => logger.level = given, () => logger.log(given, "m")];
      for (const call of [...calls, () => logger.isEnabledFor(given), () => logToStderr(given)]) {
        assert.throws(call, level === "loud" ? { ...wrong, message: /"loud"/ } : wrong);
      }
    }
    for (const level of [null, {}, 5n, true]) {
      assert.throws(() => logger.level = level as never, { name: "TypeError" });
    }
    for (const handler of [null, undefined, "fn", {}]) {
      assert.throws(() => logger.addHandler(handler as never), {
        name: "TypeError",
        message: /as a log handler: give a function/,
      });
    }
    assert.equal(logger.level, 30);
  });
});

describeMethods("Logging", (method) => {
  const starts = method === "thread" ? "thread of process N" : "process N";

  it("is silent unless it is asked for", async () => {
    const { logged, said } = await scenario("silent", method);
    assert.deepEqual(logged, {});
    assert.deepEqual(said.map(({ level }) => level), [30, 30]);
  });

  it("has a level without a destination", async () => {
    const { logged, said } = await scenario("unheard", method);
    assert.deepEqual(logged, {});
    assert.deepEqual(said.map(({ level }) => level), [10, 10]);
  });

  it("is carried to children of either kind, and to theirs", async () => {
    const { logged } = await scenario("nested", method);
    const inner = method === "thread" ? "process N" : "thread of process N";
    assert.deepEqual(logged, {
      MainProcess: [`INFO Process-1 starts: ${starts}`, "INFO Process-1 has ended with code 0"],
      "Process-1": [
        "INFO parent says",
        "ERROR parent fails",
        `INFO Process-1:1 starts: ${inner}`,
        "INFO Process-1:1 has ended with code 0",
      ],
      "Process-1:1": ["INFO child says", "ERROR child fails"],
    });
  });

  it("changes for children that start later", async () => {
    const { logged, said } = await scenario("changed", method);
    assert.deepEqual(said.map(({ level }) => level), [30, 10, 35, null]);
    const { MainProcess: _, ...children } = logged;
    assert.deepEqual(children, {
      "Process-1": ["ERROR first fails"],
      "Process-2": ["DEBUG second in detail", "INFO second says", "ERROR second fails"],
      "Process-3": ["ERROR third fails"],
    });
  });

  it("is known to a spare when it becomes a child", async () => {
    const { logged } = await scenario("spare", method);
    assert.deepEqual(logged, {
      MainProcess: [
        `INFO Process-1 starts: ${starts}, so far a spare`,
        "INFO Process-1 has ended with code 0",
      ],
      "Process-1": ["INFO child says", "ERROR child fails"],
    });
  });

  it("loses nothing of a child that ends at once", async () => {
    const { logged } = await scenario("many", method);
    assert.deepEqual(
      logged["Process-1"],
      Array.from({ length: 100 }, (_, i) => `INFO line ${i + 1}`),
    );
  });

  it("is carried to workers", async () => {
    const { logged } = await scenario("worker", method);
    assert.deepEqual(logged, {
      MainProcess: [
        `INFO PoolWorker-1 starts: ${starts}`,
        "INFO a pool of 1 was closed with 0 calls to end",
        "INFO PoolWorker-1 has ended with code 0",
      ],
      "PoolWorker-1": ["INFO worker says", "ERROR worker fails"],
    });
  });

  it("tells of a task that is tried again", async () => {
    const { logged } = await scenario("retried", method);
    assert.deepEqual(logged.MainProcess, [
      "INFO PoolWorker-1 has ended with code 7",
      "WARNING PoolWorker-1 is replaced: it was lost: exit code 7",
      "INFO task 0 of faint is tried again: try 2",
      `INFO PoolWorker-2 starts: ${starts}`,
      "INFO a pool of 1 was closed with 0 calls to end",
      "INFO PoolWorker-2 has ended with code 0",
    ]);
  });

  it("tells of a worker that was lost with its task", async () => {
    const { logged } = await scenario("lost", method);
    assert.deepEqual(logged.MainProcess.slice(0, 4), [
      "INFO PoolWorker-1 has ended with code 3",
      "WARNING PoolWorker-1 is replaced: it was lost: exit code 3",
      "INFO task 0 of die is lost with PoolWorker-1",
      `INFO PoolWorker-2 starts: ${starts}`,
    ]);
  });

  it("tells of a worker that was ended with its task", async () => {
    const { logged } = await scenario("stopped", method);
    const why = "Task 0 was stopped: it ran longer than its timeout of 1 ms";
    assert.deepEqual(logged.MainProcess.slice(0, 3), [
      `DEBUG PoolWorker-1: it is ended, as its task does not listen: ${why}`,
      "INFO PoolWorker-1 has ended with code -9",
      `INFO PoolWorker-1 is replaced: its task was stopped: ${why}`,
    ]);
  });

  it("tells handlers of this process about its children", async () => {
    const { Pool } = getContext(method);
    const all = await records("info", async () => {
      await using pool = new Pool({ processes: 1, maxTasksPerChild: 1, name: "Once" });
      await pool.map(double, [1, 2]);
    });
    const messages = all.map(({ message }) => message);
    const replaced = messages.filter((message) => / is replaced: it has done its 1 /.test(message));
    assert.ok(replaced.length >= 1, messages.join("\n"));
    assert.ok(messages.some((message) => /^Once-\d+ starts: /.test(message)));
  });
});
