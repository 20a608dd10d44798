/** Runs the programs in `examples/apps` on small inputs, and checks what they print and write. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { decodePng, encodePng, png } from "../../examples/helpers/png.ts";
import { ROOT, runProgram } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const TIMEOUT_MS = 55_000;
const APPS = ["log_analyser.ts", "mandelbrot.ts", "monte_carlo.ts", "thumbnails.ts"];
/** What Node says about its own part that the library uses, in two lines. */
const EXPERIMENTAL =
  /^\(node:\d+\) ExperimentalWarning: FFI is .*\n\(Use `.* --trace-warnings .*\)\n/gm;
const SIGNATURE_BYTES = 8;

/** Runs a program, with a temporary folder of its own; returns its lines. */
async function linesOf(app: string, args: string[], temp: string, code = 0): Promise<string[]> {
  const path = join(ROOT, "examples/apps", app);
  const env = { TMPDIR: temp, TEMP: temp, TMP: temp };
  const result = await runProgram(path, args, { timeout: TIMEOUT_MS, env });
  assert.equal(result.stderr.replace(EXPERIMENTAL, ""), "");
  assert.equal(result.code, code, result.stdout);
  return result.stdout.trimEnd().split("\n");
}

/** Runs a program that refuses its arguments. */
async function refuses(app: string, args: string[], message: string): Promise<void> {
  const { code, stdout, stderr } = await runProgram(join(ROOT, "examples/apps", app), args);
  assert.equal(stderr.replace(EXPERIMENTAL, "").trim(), message);
  assert.equal(stdout, "");
  assert.equal(code, 2);
}

/** What stands behind a label, in the one line that has it. */
function valueOf(lines: string[], label: string): string {
  const found = lines.filter((line) => new RegExp(`^${label} {2,}|^${label} (?=\\d)`).test(line));
  assert.equal(found.length, 1, `${label} once in\n${lines.join("\n")}`);
  return found[0].slice(label.length).trim();
}

/** A picture of one colour. */
function plain(width: number, height: number, colour: number[]) {
  const rgb = new Uint8Array(3 * width * height);
  return { width, height, rgb: rgb.map((_, i) => colour[i % 3]) };
}

describe("png.ts", () => {
  it("reads what it has written, with every filter", () => {
    let state = 1;
    const noise = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
    const [width, height] = [60, 6];
    const rgb = new Uint8Array(3 * width * height);
    const row = (y: number, byte: (x: number) => number) => {
      for (let x = 0; x < 3 * width; x++) rgb[y * 3 * width + x] = byte(x);
    };
    const at = (y: number, x: number) => x < 0 || y < 0 ? 0 : rgb[y * 3 * width + x];
    row(0, () => 0); // 0: small already
    row(1, (x) => 80 + 4 * Math.floor(x / 3)); // 1: as to the left
    row(2, noise);
    row(3, (x) => at(2, x)); // 2: as above
    row(4, (x) => (at(4, x - 3) + at(3, x)) >> 1); // 3: between the two
    row(5, (x) => { // 4: the one of three that is nearest to where they lead
      if (x < 3) return noise();
      const [left, up, corner] = [at(5, x - 3), at(4, x), at(4, x - 3)];
      const distance = (byte: number) => Math.abs(left + up - corner - byte);
      return [left, up, corner].sort((a, b) => distance(a) - distance(b))[0];
    });
    const picture = { width, height, rgb };
    const bytes = encodePng(picture);
    assert.deepEqual(decodePng(bytes), picture);
    // Behind the signature and the header of 25 bytes stands the part with the points.
    const at25 = SIGNATURE_BYTES + 25;
    const length = new DataView(bytes.buffer).getUint32(at25);
    const lines = inflateSync(bytes.subarray(at25 + 8, at25 + 8 + length));
    const filters = new Set(Array.from({ length: height }, (_, y) => lines[y * (3 * width + 1)]));
    assert.deepEqual([...filters].sort(), [0, 1, 2, 3, 4]);
  });

  it("reads a palette", () => {
    const { rgb } = decodePng(png(3, 1, Uint8Array.of(255, 0, 254)));
    assert.deepEqual([...rgb.subarray(0, 3)], [0, 0, 0]);
    assert.notDeepEqual([...rgb.subarray(3, 6)], [...rgb.subarray(6, 9)]);
  });

  it("says what is wrong with a file", () => {
    const good = encodePng(plain(5, 4, [1, 2, 3]));
    const changed = good.slice();
    changed[45] ^= 1;
    assert.throws(() => decodePng(new Uint8Array(0)), /^Error: Not a PNG file$/);
    assert.throws(() => decodePng(good.subarray(0, 50)), /^Error: Damaged PNG file: its end is/);
    assert.throws(() => decodePng(changed), /^Error: Damaged PNG file: wrong checksum of its part/);
  });
});

describe("examples/README.md", () => {
  it("lists all examples", () => {
    const text = readFileSync(join(ROOT, "examples/README.md"), "utf8");
    const linked = [...text.matchAll(/\]\(([\w/]+\.ts)\)/g)].map(([, file]) => file).sort();
    const numbered = readdirSync(join(ROOT, "examples")).filter((file) => /^\d.*\.ts$/.test(file));
    const apps = readdirSync(join(ROOT, "examples/apps"));
    assert.deepEqual(apps.sort(), APPS);
    assert.deepEqual(
      linked,
      [...numbered, "demo.ts", ...apps.map((file) => `apps/${file}`)].sort(),
    );
  });
});

describe("mandelbrot.ts", () => {
  it("draws a picture, each worker in its colour", async () => {
    using folder = new TempFolder();
    const file = join(folder.path, "picture.png");
    const lines = await linesOf("mandelbrot.ts", ["200", "130", file], folder.path);
    assert.equal(valueOf(lines, "picture"), "200 × 130 points in 12 tiles");
    assert.match(valueOf(lines, "serial"), /^about \d+\.\d\d s, from 2 of the tiles$/);
    assert.match(valueOf(lines, "parallel"), /^\d+\.\d\d s, with the start of \d+ workers$/);
    assert.match(valueOf(lines, "speed-up"), /^\d+\.\d×$/);
    assert.equal(valueOf(lines, "sample"), "the same in both");
    const shares = lines.map((line) => line.match(/^PoolWorker-\d+ +(\d+) tiles, (\d+) %, /))
      .filter((match) => match !== null).map(([, tiles]) => Number(tiles));
    assert.equal(shares.reduce((a, b) => a + b, 0), 12, lines.join("\n"));

    const { width, height, rgb } = decodePng(readFileSync(file));
    assert.deepEqual([width, height], [200, 130]);
    const point = (x: number, y: number) => [...rgb.subarray(3 * (y * 200 + x)).subarray(0, 3)];
    assert.deepEqual(point(100, 65), [0, 0, 0]); // inside
    // Points differ in how light they are; of colours there are no more than workers.
    const colours: number[][] = [];
    for (let i = 0; i < rgb.length; i += 3) {
      const light = rgb[i] + rgb[i + 1] + rgb[i + 2];
      const colour = [rgb[i] / light, rgb[i + 1] / light];
      const near = (other: number[]) => other.every((part, c) => Math.abs(part - colour[c]) < 0.01);
      if (light > 300 && !colours.some(near)) colours.push(colour);
    }
    const busy = shares.filter((tiles) => tiles > 0).length;
    assert.ok(colours.length >= 1 && colours.length <= busy, `${colours.length} colours`);
    assert.deepEqual(readdirSync(folder.path), ["picture.png"]);
  });

  it("refuses a picture without points", async () => {
    const message = "A picture cannot be 0 points wide or high: give 1 to 20000";
    await refuses("mandelbrot.ts", ["100", "0"], message);
  });
});

describe("thumbnails.ts", () => {
  it("makes small pictures of a folder, and reports those that it cannot read", async () => {
    using folder = new TempFolder();
    const photos = join(folder.path, "photos");
    mkdirSync(photos);
    const put = (name: string, content: Uint8Array | string) =>
      writeFileSync(join(photos, name), content);
    const stripes = plain(512, 256, [0, 0, 0]);
    stripes.rgb.forEach((_, i) => stripes.rgb[i] = Math.floor(i / 3) % 4 === 0 ? 200 : 100);
    put("stripes.png", encodePng(stripes));
    put("tall.PNG", encodePng(plain(30, 1280, [9, 8, 7])));
    put("tiny.png", encodePng(plain(1, 1, [1, 2, 3])));
    put("cut.png", encodePng(stripes).subarray(0, 100));
    put("text.png", "This is not a picture.");
    put("notes.txt", "Nobody reads this.");
    const small = join(folder.path, "small");
    const lines = await linesOf("thumbnails.ts", [photos, small], folder.path, 1);

    const from = (name: string) => lines.filter((line) => line.startsWith(`  ${name}: `)).join();
    assert.match(from("stripes.png"), /: 512 × 256 → 128 × 64, PoolWorker-\d+$/);
    assert.match(from("tall.PNG"), /: 30 × 1280 → 3 × 128, PoolWorker-\d+$/);
    assert.match(from("tiny.png"), /: 1 × 1 → 1 × 1, PoolWorker-\d+$/);
    assert.equal(from("cut.png"), "  cut.png: Damaged PNG file: its end is missing");
    assert.equal(from("text.png"), "  text.png: Not a PNG file");
    assert.equal(valueOf(lines, "made"), `3 in ${small}`);
    assert.equal(valueOf(lines, "failed"), "2");

    assert.deepEqual(readdirSync(small).sort(), ["stripes.png", "tall.PNG", "tiny.png"]);
    const read = (name: string) => decodePng(readFileSync(join(small, name)));
    assert.deepEqual(read("stripes.png"), plain(128, 64, [125, 125, 125])); // the mean of the four
    assert.deepEqual(read("tall.PNG"), plain(3, 128, [9, 8, 7]));
    assert.deepEqual(read("tiny.png"), plain(1, 1, [1, 2, 3]));
    assert.deepEqual(readdirSync(folder.path).sort(), ["photos", "small"]);
  });

  it("draws a dozen pictures where there are none, and removes them", async () => {
    using folder = new TempFolder();
    const lines = await linesOf("thumbnails.ts", [], folder.path);
    assert.match(valueOf(lines, "made"), /^12 in /);
    assert.equal(valueOf(lines, "failed"), "1");
    assert.ok(lines.includes("  broken.png: Not a PNG file"));
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it("refuses a folder that is none", async () => {
    const missing = join(ROOT, "no-such-folder");
    const message = `There is no folder ${missing}: give the folder that the PNG files are in`;
    await refuses("thumbnails.ts", [missing], message);
    assert.equal(existsSync(missing), false);
  });
});

describe("log_analyser.ts", () => {
  it("adds up logs, and leaves out those that it cannot read", async () => {
    using folder = new TempFolder();
    const line = (path: string, status: number, rest: string) =>
      `10.0.0.1 - - [01/Mar/2024:10:00:00 +0000] "GET ${path} HTTP/1.1" ${status} ${rest}`;
    const [plain, packed, cut, missing] = ["plain.log", "packed.gz", "cut.gz", "missing.gz"]
      .map((name) => join(folder.path, name));
    // No line end at the end, an unknown length, a line end of two characters, no time.
    writeFileSync(
      plain,
      [line("/a?x=1", 200, "-"), "nonsense", line("/a", 404, '7 "-" "Agent 1.5" 1.25\r'), ""]
        .join("\n") + line("/ä", 200, "3 0.5"),
    );
    // So much that it comes in several pieces.
    const many = Array.from({ length: 5000 }, (_, i) => line(`/ü${i % 2}`, 500, `9 0.${i % 5}`));
    const gzipped = gzipSync(many.join("\n") + "\n");
    assert.equal(gunzipSync(gzipped).length > 3 * 65_536, true);
    writeFileSync(packed, gzipped);
    writeFileSync(cut, gzipped.subarray(0, gzipped.length / 2));

    const lines = await linesOf("log_analyser.ts", [plain, packed, cut, missing], folder.path, 1);
    assert.ok(lines.includes("cut.gz is left out: unexpected end of file"), lines.join("\n"));
    assert.ok(lines.some((line) => line.startsWith("missing.gz is left out: ENOENT")));
    const shown = lines.slice(2, -1).map((line) => line.trim().split(/\s{2,}/));
    assert.deepEqual(shown, [
      ["requests", "5003, and 1 other lines"],
      ["statuses", "200", "2"],
      ["404", "1"],
      ["500", "5000"],
      ["busiest", "2500", "/ü0"],
      ["2500", "/ü1"],
      ["2", "/a"],
      ["1", "/ä"],
      ["slowest", "1.250 s", "/a"],
      ["0.500 s", "/ä"],
      ["0.400 s", "/ü0"],
      ["0.400 s", "/ü1"],
      ["0.400 s", "/ü0"],
    ]);
    assert.match(lines.at(-1)!, /^took +\d+\.\d\d s, for \d+\.\d\d s of work$/);
  });

  it("writes logs where there are none, and removes them", async () => {
    using folder = new TempFolder();
    const lines = await linesOf("log_analyser.ts", [], folder.path);
    assert.equal(valueOf(lines, "requests"), "210000, and 6 other lines");
    const counts = lines.map((line) => line.match(/^(?:statuses)? +\d{3} {2}(\d+)$/))
      .filter((match) => match !== null).map(([, count]) => Number(count));
    assert.equal(counts.reduce((a, b) => a + b, 0), 210_000);
    assert.deepEqual(readdirSync(folder.path), []);
  });
});

describe("monte_carlo.ts", () => {
  it("comes close to the formula, and to the same result alone and in a pool", async () => {
    using folder = new TempFolder();
    const lines = await linesOf("monte_carlo.ts", ["25001"], folder.path);
    assert.equal(valueOf(lines, "paths"), "25001 of 64 steps, in 3 chunks");
    assert.equal(valueOf(lines, "Black-Scholes"), "7.1281");
    const pattern = /^(\d+\.\d{4}) ± (\d\.\d{4}) \(standard error\)$/;
    const [european, error] = valueOf(lines, "European").match(pattern)!.slice(1).map(Number);
    const [asian, less] = valueOf(lines, "Asian").match(pattern)!.slice(1).map(Number);
    // The seed is fixed: this is no matter of chance.
    assert.ok(Math.abs(european - 7.1281) < 3 * error, lines.join("\n"));
    assert.ok(asian > 0 && asian < european && less < error, lines.join("\n"));
    assert.match(valueOf(lines, "speed-up"), /^\d+\.\d\d×$/);
    assert.equal(valueOf(lines, "results"), "the same to the last bit");
  });

  it("refuses a number of paths that is none", async () => {
    const message = "Cannot simulate many paths: give a whole number from 2 to 1e9";
    await refuses("monte_carlo.ts", ["many"], message);
  });
});
