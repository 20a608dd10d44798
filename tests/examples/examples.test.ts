/** Runs every example and the demo as a user would, and checks the lesson in what it prints. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { NODE_MAJOR, ROOT, runProgram, RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const TIMEOUT_MS = 55_000;
/** Node before 26 maps no memory: its processes ask the broker of the one that made an object. */
const MAPS_PAGES = (RUNTIME !== "node" || NODE_MAJOR >= 26) && process.env.MANYCORE_NATIVE !== "0";
/** What Node says about its own part that the library uses, in two lines. */
const EXPERIMENTAL =
  /^\(node:\d+\) ExperimentalWarning: FFI is .*\n\(Use `.* --trace-warnings .*\)\n/gm;

/** Runs a file of `examples/` and returns its lines; it must end well and complain about nothing. */
async function linesOf(file: string, args: string[] = []): Promise<string[]> {
  const path = join(ROOT, "examples", file);
  const { code, stdout, stderr } = await runProgram(path, args, { timeout: TIMEOUT_MS });
  assert.equal(stderr.replace(EXPERIMENTAL, ""), "");
  assert.equal(code, 0, stdout);
  return stdout.trimEnd().split("\n");
}

/** The groups of the one line that fits. */
function groups(lines: string[], pattern: RegExp): string[] {
  const found = lines.map((line) => line.match(pattern)).filter((match) => match !== null);
  assert.equal(found.length, 1, `${pattern} once in\n${lines.join("\n")}`);
  return found[0].slice(1);
}

/** The place of the one line that ends like this. */
function placeOf(lines: string[], ending: string): number {
  const places = lines.flatMap((line, i) => line.endsWith(ending) ? [i] : []);
  assert.equal(places.length, 1, `"${ending}" once in\n${lines.join("\n")}`);
  return places[0];
}

/**
 * The most that were inside at a time. Children share a pipe, so lines go by the times in them; who
 * leaves says so before, and who enters after, so in one millisecond those who leave come first.
 */
function mostInside(lines: string[], entering: RegExp, leaving: RegExp): number {
  const steps = lines.flatMap((line) => {
    const change = entering.test(line) ? 1 : leaving.test(line) ? -1 : 0;
    return change === 0 ? [] : [{ time: line.slice(0, 12), change }];
  });
  steps.sort((a, b) => a.time === b.time ? a.change - b.change : a.time < b.time ? -1 : 1);
  let [now, most] = [0, 0];
  for (const { change } of steps) most = Math.max(most, now += change);
  assert.equal(now, 0);
  return most;
}

const numbers = (lines: string[], pattern: RegExp): number[] =>
  lines.map((line) => line.match(pattern)).filter((match) => match !== null).map((match) =>
    Number(match[1])
  );

describe("examples", () => {
  it("are numbered files, each tested here", () => {
    const files = readdirSync(join(ROOT, "examples")).filter((file) => /^\d/.test(file)).sort();
    assert.deepEqual(files, [
      "01_introduction.ts",
      "02_processes.ts",
      "03_pool_map.ts",
      "04_starmap.ts",
      "05_several_functions.ts",
      "06_data_sharing_issue.ts",
      "07_pipes.ts",
      "08_pipe_sentinel.ts",
      "09_queue.ts",
      "10_queue_timeout.ts",
      "11_queue_sorted.ts",
      "12_lock.ts",
      "13_semaphore.ts",
      "14_lock_and_semaphore.ts",
      "15_race.ts",
      "16_shared_picture.ts",
      "17_shared_memory_by_name.ts",
      "18_pipeline.ts",
      "19_word_count.ts",
      "20_web_server.ts",
      "21_remote_connection.ts",
      "22_shared_dictionary.ts",
      "23_queue_server.ts",
    ]);
  });

  it("01 shows what overlaps in async functions, threads and processes", async () => {
    const lines = await linesOf("01_introduction.ts");
    const half = lines.indexOf("Two tasks that compute:");
    assert.ok(half > 0);
    const [waiting, computing] = [lines.slice(0, half), lines.slice(half)];
    const overlap = /^ {2}(one by one|async|threads|processes) +\d+ ms, (overlapping|in turn)$/;
    const of = (part: string[]) =>
      Object.fromEntries(
        part.flatMap((line) => [line.match(overlap)?.slice(1) ?? []]).filter(
          (pair) => pair.length === 2,
        ),
      );
    assert.deepEqual(Object.keys(of(waiting)), ["one by one", "async", "threads", "processes"]);
    assert.deepEqual(Object.keys(of(computing)), ["one by one", "async", "threads", "processes"]);
    // What does not depend on how busy the machine is:
    assert.equal(of(waiting)["one by one"], "in turn");
    assert.equal(of(waiting)["async"], "overlapping");
    assert.equal(of(computing)["one by one"], "in turn");
    assert.equal(of(computing)["async"], "in turn");
    for (const part of [waiting, computing]) {
      const where = (name: string) =>
        part.filter((line) => new RegExp(`^    ${name} +█`).test(line)).length;
      assert.equal(where("MainProcess"), 4);
      assert.equal(where("Thread-\\d+"), 2);
      assert.equal(where("Process-\\d+"), 2);
    }
  });

  it("02 shows a pid for each process, and one for all threads", async () => {
    const lines = await linesOf("02_processes.ts");
    const [main] = groups(lines, /^[\d:.]{12} {2}MainProcess, pid (\d+)$/).map(Number);
    const pids = (kind: string) =>
      ["A", "B"].map((letter) => {
        const [subject] = groups(
          lines,
          new RegExp(`${kind}-${letter}, pid \\d+, starts on (\\w+)$`),
        );
        assert.equal(subject, letter === "A" ? "apples" : "pears");
        groups(lines, new RegExp(`${kind}-${letter}, pid (\\d+), is done$`));
        return numbers(lines, new RegExp(`${kind}-${letter}, pid (\\d+), starts`))[0];
      });
    assert.equal(new Set([main, ...pids("Process")]).size, 3);
    assert.deepEqual(pids("Thread"), [main, main]);
    assert.ok(lines.includes("Process: exit codes 0 and 0, 2 different pid(s)"));
    assert.ok(lines.includes("Thread: exit codes 0 and 0, 1 different pid(s)"));
    groups(lines, /^Two of kind Process took (\d+\.\d\d s)$/);
    groups(lines, /^Two of kind Thread took (\d+\.\d\d s)$/);
  });

  it("03 maps in order, and applies tasks in several workers", async () => {
    const lines = await linesOf("03_pool_map.ts");
    groups(lines, /^map: 8 values, 5 workers, (\d+) processors$/);
    const xs = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => "x".repeat(count)).join(" ");
    assert.ok(lines.includes(`  results: ${xs}`));
    assert.ok(lines.includes("  sequential estimate: 1.60 s"));
    for (let number = 1; number <= 8; number++) {
      const [begun] = groups(lines, new RegExp(`\\[(PoolWorker-\\d+)\\] begins Task-${number},`));
      const [ended] = groups(lines, new RegExp(`\\[(.*)\\] has finished Task-${number}$`));
      assert.equal(ended, begun);
    }
    const names = lines.map((line) => line.match(/\[(PoolWorker-\d+)\] begins/)?.[1]);
    const workers = new Set(names.filter((name) => name !== undefined)).size;
    assert.ok(workers >= 1 && workers <= 4, `${workers} workers`);
    const processed = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `Task-${number}-processed`);
    assert.ok(lines.includes(`  results: ${processed.join(" ")}`));
    groups(lines, /^ {2}total time: (\d+\.\d\d s), with the start of the workers$/);
    assert.ok(lines.includes("  sequential estimate: 2.00 s"));
    groups(lines, /^ {2}speed-up: (\d+\.\d)×$/);
  });

  it("04 adds tuples of different lengths", async () => {
    const lines = await linesOf("04_starmap.ts");
    assert.ok(lines.includes("add(7, 8, 2, 3) = 20"));
    assert.ok(lines.includes("Results: [13,7,11,20]"));
  });

  it("05 runs several functions in one pool", async () => {
    const lines = await linesOf("05_several_functions.ts");
    for (const name of ["functionA", "functionB", "functionC"]) {
      groups(lines, new RegExp(`^${name} ran in (PoolWorker-\\d+)$`));
    }
    assert.ok(lines.includes('Results: ["a","b",["c","c2"]]'));
  });

  it("06 shows that a child's list is not the parent's", async () => {
    const lines = await linesOf("06_data_sharing_issue.ts");
    assert.ok(lines.includes("Process data: [0,1,2,3]"));
    assert.ok(lines.includes("Thread data: [0,1,2,3]"));
    assert.equal(lines.filter((line) => line === "Main data: [0]").length, 3);
    assert.ok(lines.includes("Main received: [0,1,2,3]"));
  });

  it("07 sends both ways, in one process and between two", async () => {
    const lines = await linesOf("07_pipes.ts");
    assert.deepEqual(lines, [
      "Both ends in one process:",
      "The left end has something: true",
      "The left end received: hello from the right",
      "The right end received: hello from the left",
      "The right end has something: false",
      "",
      "One end in each of two processes:",
      "Answerer was asked: What is 6 times 7?",
      "Asker was told: It is 42.",
      "Exit codes: 0, 0",
    ]);
  });

  it("08 ends with a sentinel, and with the end of the sender", async () => {
    const lines = await linesOf("08_pipe_sentinel.ts");
    const names = ["Sender-1", "Receiver-1", "Sender-2", "Receiver-2"];
    const pids = names.map((name) => groups(lines, new RegExp(`^${name} begins, pid (\\d+)$`))[0]);
    assert.equal(new Set(pids).size, 4);
    // One after the other: the lines of the first pair are there before those of the second.
    const [first] = groups(lines, /^Receiver-1 has got null, and (\d+) points$/).map(Number);
    const [second] = groups(lines, /^Receiver-2 has got to the end, and (\d+) points$/).map(Number);
    const [sent, received] = [numbers(lines, /^sent (\d)$/), numbers(lines, /^received (\d)$/)];
    assert.deepEqual(received, sent);
    assert.equal(sent.length, 10);
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    assert.deepEqual([first, second], [sum(sent.slice(0, 5)), sum(sent.slice(5))]);
    assert.equal(lines.at(-1), "Both pairs are done.");
  });

  it("09 gets what five processes have put that are no more", async () => {
    const lines = await linesOf("09_queue.ts");
    assert.deepEqual(numbers(lines, /^Inserted (\d)$/).sort(), [0, 1, 2, 3, 4]);
    assert.ok(lines.includes("5 values are in the queue, and nobody who put them is left."));
    const [came] = groups(lines, /^As they came: (\[[\d,]+\])$/);
    assert.deepEqual(JSON.parse(came).sort(), [0, 1, 2, 3, 4]);
    assert.ok(lines.includes("In order: [0,1,2,3,4]"));
  });

  it("10 leaves one of five workers without a value", async () => {
    const lines = await linesOf("10_queue_timeout.ts");
    assert.equal(lines[0], "4 values are in, full: true");
    assert.match(lines[1], /^QueueFull: .* no room within 50 ms; /);
    assert.deepEqual(numbers(lines, /^Process-[1-5] has got (\d)$/).sort(), [1, 2, 3, 4]);
    groups(lines, /^Process-([1-5]) has got nothing: .* none within 500 ms; /);
    assert.equal(lines.at(-1), "The queue is empty.");
  });

  it("11 sorts results by the number of their task", async () => {
    const lines = await linesOf("11_queue_sorted.ts");
    const sorted = [1, 2, 3, 4, 5, 6, 7, 8].map((x, id) => `${id}→${x * x}`);
    const [came] = groups(lines, /^As they came: (.*)$/);
    assert.deepEqual(came.split(" ").sort(), sorted);
    assert.equal(lines.at(-1), `Sorted: ${sorted.join(" ")}`);
  });

  it("12 lets one visitor in at a time", async () => {
    const lines = await linesOf("12_lock.ts");
    for (const visitor of [1, 2, 3, 4, 5]) {
      const came = placeOf(lines, `  visitor ${visitor} comes in`);
      assert.ok(came < placeOf(lines, `  visitor ${visitor} goes out`));
    }
    assert.equal(mostInside(lines, / comes in$/, / goes out$/), 1, lines.join("\n"));
    const [taken] = groups(lines, /^5 visits, one at a time, took (\d+\.\d\d) s$/).map(Number);
    assert.ok(taken >= 1, `${taken} s`);
    assert.ok(lines.includes("They cannot take less than 1.00 s."));
    assert.ok(lines.includes("The room is free again."));
  });

  it("13 lets three cars park at a time", async () => {
    const lines = await linesOf("13_semaphore.ts");
    for (const car of [1, 2, 3, 4, 5]) {
      groups(lines, new RegExp(`^[\\d:.]{12}  car ${car} has parked, ([012]) places are left$`));
      groups(lines, new RegExp(`^([\\d:.]{12})  car ${car} drives off$`));
    }
    const most = mostInside(lines, / has parked, /, / drives off$/);
    assert.ok(most <= 3, `${most} of 3:\n${lines.join("\n")}`);
    assert.ok(lines.includes("3 of 3 places are free again."));
  });

  it("14 lets three in and one at the machine", async () => {
    const lines = await linesOf("14_lock_and_semaphore.ts");
    for (const worker of [1, 2, 3, 4, 5]) {
      const steps = ["is inside and waits for the machine", "begins at the machine"];
      steps.push("ends at the machine", "leaves");
      const places = steps.map((step) => placeOf(lines, `  worker ${worker} ${step}`));
      assert.deepEqual(places, [...places].sort((a, b) => a - b), "out of order");
    }
    assert.equal(mostInside(lines, / begins at /, / ends at /), 1, lines.join("\n"));
    assert.ok(mostInside(lines, / is inside /, / leaves$/) <= 3, lines.join("\n"));
    assert.ok(lines.includes("Everybody has left: 3 may come in, the machine is free."));
  });

  it("15 loses nothing with a lock, and nothing in one step", async () => {
    // Where no pages are mapped every step is a message to the broker.
    const times = MAPS_PAGES ? 100_000 : 500;
    const lines = await linesOf("15_race.ts", [String(times)]);
    assert.equal(lines[0], `Two processes count to ${times} each:`);
    // How much is lost without a lock depends on how busy the machine is; it may be nothing.
    const [counted, lost] = lines[1].match(/^ {2}countUnlocked +(\d+), (\d+) lost$/)!
      .slice(1).map(Number);
    assert.equal(counted + lost, 2 * times);
    assert.equal(lines[2], `  countLocked      ${2 * times}, 0 lost`);
    assert.equal(lines[3], `  countAtomically  ${2 * times}, 0 lost`);
  });

  it("16 draws one picture in three processes", async () => {
    using folder = new TempFolder();
    const file = join(folder.path, "picture.png");
    const lines = await linesOf("16_shared_picture.ts", [file]);
    groups(lines, /^3 processes, one picture, took (\d+\.\d\d s)$/);
    const rows = numbers(lines, /^ {2}Process-[123] has drawn (\d+) rows$/);
    assert.equal(rows.length, 3);
    assert.equal(rows.reduce((sum, count) => sum + count, 0), 320);
    assert.ok(lines.includes("480 × 320 points, checksum c2e104764bd284bd"), lines.join("\n"));
    const image = readFileSync(file);
    assert.equal(image.subarray(1, 4).toString(), "PNG");
    assert.ok(lines.includes(`${image.length} bytes in ${file}`));
  });

  it("17 hands numbers to a program that knows a name only", async () => {
    const lines = await linesOf("17_shared_memory_by_name.ts");
    if (!MAPS_PAGES) {
      assert.equal(lines.length, 1);
      assert.match(lines[0], /^Not here\. Cannot make shared memory: .*, because .*;/);
      return;
    }
    assert.deepEqual(lines, [
      "The writer has made 8008 bytes and written 1000 samples.",
      "The reader has attached to 8008 bytes and written the mean of 1000.",
      "The mean is 500.5, the reader's exit code 0.",
      "The name is gone: ProcessError.",
    ]);
  });

  it("18 packs a file in three processes at once", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("pipeline-"));
    const lines = await linesOf("18_pipeline.ts", ["8"]);
    const start = /^(\d+) bytes, in pieces of 262144, pid (\d+)$/;
    const [size, main] = groups(lines, start).map(Number);
    assert.ok(size >= 8_000_000, `${size} bytes`);
    groups(lines, /^Three stages took (\d+\.\d\d) s$/);
    const [read, hide, compress] = ["read", "hide", "compress"].map((stage) => {
      const pattern = new RegExp(`^ {2}${stage} +pid (\\d+) +(\\d+) bytes$`);
      const [pid, bytes] = groups(lines, pattern).map(Number);
      return { pid, bytes };
    });
    assert.equal(new Set([main, read.pid, hide.pid, compress.pid]).size, 4);
    assert.equal(read.bytes, size);
    assert.ok(hide.bytes < read.bytes && compress.bytes < hide.bytes / 2, lines.join("\n"));
    assert.equal(lines.at(-1), "Decompressed again, the hash is the same.");
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith("pipeline-"));
    assert.deepEqual(after.filter((name) => !before.includes(name)), []);
  });

  it("19 counts words file by file, and one that is missing fails alone", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("words-"));
    const lines = await linesOf("19_word_count.ts");
    for (const [book, length] of [400_000, 200_000, 50_000, 10_000, 1000].entries()) {
      placeOf(lines, `book-${book + 1}.txt: ${length} words, 32 different ones`);
    }
    placeOf(lines, "missing.txt: Error, ENOENT");
    groups(lines, /^All files took (\d+\.\d\d s)$/);
    assert.equal(lines.at(-2), "661000 words: a 117387, all 48284, and 36970, as 31346, be 27796");
    assert.equal(lines.at(-1), "Counted again by this process alone: the same.");
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith("words-"));
    assert.deepEqual(after.filter((name) => !before.includes(name)), []);
  });

  it("20 answers light requests while heavy ones are computed", async () => {
    const lines = await linesOf("20_web_server.ts");
    const half = lines.indexOf("Computed by the server itself:");
    assert.ok(half > 0, lines.join("\n"));
    const workers = Number(groups(lines, /^Computed by (\d+) workers:$/)[0]);
    for (const [part, heavy] of [[lines.slice(0, half), 8 * workers], [lines.slice(half), 8]]) {
      placeOf(part as string[], `${heavy} heavy requests, answers right`);
      const light =
        /^ {2}(\d+) light requests meanwhile: [\d.]+ ms on average, [\d.]+ ms at worst$/;
      assert.ok(Number(groups(part as string[], light)[0]) >= 1);
    }
    assert.equal(lines.at(-1), "The server has stopped.");
  });

  it("21 sells to clients that know the key, and to nobody else", async () => {
    const lines = await linesOf("21_remote_connection.ts");
    groups(lines, /^The shop is at \{"hostname":"127\.0\.0\.1","port":\d+\}$/);
    groups(lines, /^A stranger gets no further: AuthenticationError$/);
    const bought = ["Alice", "Bob"].map((name) =>
      Number(groups(lines, new RegExp(`^${name} bought (\\d+) apples$`))[0])
    );
    assert.equal(bought[0] + bought[1], 100);
    groups(lines, /^The shop has 0 apples left$/);
  });

  it("22 loses counts with two messages, and none with one", async () => {
    const lines = await linesOf("22_shared_dictionary.ts");
    assert.equal(lines.length, 4);
    assert.equal(lines[0], "3 processes count the letter o 120 times.");
    assert.match(lines[1], /^With get and set: (this time none|\d+) lost\.$/);
    assert.equal(lines[2], "With update: 120 counted.");
    assert.equal(lines[3], "Through a list of dictionaries, o was set to 0.");
  });

  it("23 shares a queue between three programs", async () => {
    const lines = await linesOf("23_queue_server.ts");
    assert.equal(lines[0], "The server listens.");
    groups(lines, /^The producer has put 5 jobs\.$/);
    const sum = placeOf(lines, "The consumer's sum of squares is 55.");
    assert.ok(sum < placeOf(lines, "The server stops; 0 jobs are left."));
    assert.equal(lines.at(-1), "Exit codes: 0, 0");
  });
});

describe("demo", () => {
  it("packs the files of a folder, alone and in a pool, to the same result", async () => {
    using folder = new TempFolder();
    mkdirSync(join(folder.path, "inner"));
    folder.write("text.txt", "many words ".repeat(10_000)); // 110,000 bytes
    folder.write("inner/more.txt", "9876543210".repeat(1000));
    folder.write("large.bin", "abcdefgh".repeat(625_000)); // 5,000,000 bytes: two blocks
    folder.write("empty", "");
    const lines = await linesOf("demo.ts", [folder.path]);

    assert.deepEqual(lines.slice(0, 3).map((line) => line.split(/\s{2,}/)), [
      ["folder", folder.path],
      ["files", "3"],
      ["bytes", "5.1 MB in 4 blocks"],
    ]);
    groups(lines, /^compressed +(\d+\.\d kB), \d+\.\d %$/);
    groups(lines, /^serial +(\d+\.\d\d s), \d+\.\d [kM]B\/s$/);
    groups(lines, /^parallel +(\d+\.\d\d s), \d+\.\d [kM]B\/s, with its start$/);
    groups(lines, /^speed-up +(\d+\.\d\d)× with \d+ workers$/);
    const shares = numbers(lines, /^PoolWorker-\d+ +(\d+) % █* ?\d+ blocks/);
    assert.ok(shares.length >= 1, lines.join("\n"));
    const blocks = numbers(lines, /^PoolWorker.* (\d+) blocks, /);
    assert.equal(blocks.reduce((sum, count) => sum + count, 0), 4);
    assert.ok(lines.some((line) => /^results +the same in both$/.test(line)));
  });

  it("says what is wrong with a folder that it cannot use", async () => {
    using folder = new TempFolder();
    const file = folder.write("file.txt", "text");
    const missing = join(folder.path, "missing");
    const empty = join(folder.path, "empty");
    mkdirSync(empty);
    const cases: [string, string][] = [
      [missing, `There is no folder ${missing}: give the path of one that exists`],
      [empty, `There is nothing to read in ${empty}: give a folder with files`],
      [file, `${file} is not a folder: give the folder that it is in`],
    ];
    for (const [path, message] of cases) {
      const { code, stdout, stderr } = await runProgram(join(ROOT, "examples/demo.ts"), [path]);
      assert.equal(stderr.trim(), message);
      assert.equal(stdout, "");
      assert.equal(code, 2);
    }
  });
});
