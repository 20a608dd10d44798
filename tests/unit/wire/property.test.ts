/** Random values, the same in every run, arrive as they were, and as structuredClone has them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode, difference, encode, generator, toHex } from "./codec.ts";

type Random = (below: number) => number;

const WORDS = [
  "id",
  "name",
  "",
  "é",
  "€uro",
  "🙂",
  "\ud83d",
  "constructor",
  "x".repeat(40),
  "a b",
  "0",
  "7",
];

function text(random: Random): string {
  let made = "";
  for (let left = random(4); left >= 0; left--) made += WORDS[random(WORDS.length)];
  return made;
}

function primitive(random: Random): unknown {
  switch (random(10)) {
    case 0:
      return [undefined, null, true, false, NaN, -0, Infinity][random(7)];
    case 1:
      return random(300) - 100;
    case 2:
      return random(2 ** 32) - 2 ** 31;
    case 3:
      return (random(2 ** 32) - 2 ** 31) * random(2 ** 21);
    case 4:
      return random(2 ** 31) / (1 + random(1000));
    case 5:
      return (BigInt(random(2 ** 32)) - 2n ** 31n) ** BigInt(random(6));
    default:
      return text(random);
  }
}

const VIEWS = [Uint8Array, Int16Array, Uint32Array, Float32Array, Float64Array, BigInt64Array];

/** A value of objects that refer to each other at will. */
function graph(random: Random): unknown {
  const made: object[] = [];
  const value = (depth: number): unknown => {
    if (made.length > 0 && random(8) === 0) return made[random(made.length)];
    if (depth > 5 || random(3) === 0) return primitive(random);
    return container(depth);
  };
  const keep = <T extends object>(object: T): T => {
    made.push(object);
    return object;
  };
  const container = (depth: number): object => {
    const count = random(6);
    switch (random(9)) {
      case 0: {
        const map = keep(new Map());
        for (let i = 0; i < count; i++) map.set(value(depth + 1), value(depth + 1));
        return map;
      }
      case 1: {
        const set = keep(new Set());
        for (let i = 0; i < count; i++) set.add(value(depth + 1));
        return set;
      }
      case 2:
        return keep(new Date(random(5) === 0 ? NaN : random(2 ** 31) * 1000));
      case 3:
        return keep(new RegExp(["a+", "[/]", "é", "(?:)"][random(4)], ["", "g", "iu"][random(3)]));
      case 4: {
        const buffer = keep(new ArrayBuffer(8 * random(20)));
        new Uint8Array(buffer).forEach((_, i, bytes) => bytes[i] = i);
        const View = VIEWS[random(VIEWS.length)];
        const start = 8 * random(buffer.byteLength / 8 + 1);
        const view = keep(
          new View(buffer, start, (buffer.byteLength - start) / View.BYTES_PER_ELEMENT),
        );
        return keep([view, buffer]);
      }
      case 5:
      case 6: {
        const array: unknown[] = keep([]);
        for (let i = 0; i < count; i++) {
          if (random(15) === 0) array.length++;
          else array.push(value(depth + 1));
        }
        if (random(20) === 0) Object.assign(array, { named: value(depth + 1) });
        return array;
      }
      default: {
        const object: Record<string, unknown> = keep({});
        for (let i = 0; i < count; i++) object[WORDS[random(WORDS.length)]] = value(depth + 1);
        return object;
      }
    }
  };
  return container(0);
}

describe("random values", () => {
  for (let seed = 1; seed <= 20; seed++) {
    it(`seed ${seed}`, () => {
      const random = generator(seed);
      for (let i = 0; i < 100; i++) {
        const value = graph(random);
        const bytes = encode(value);
        const copy = decode(bytes);
        const note = `value ${i}: ${toHex(bytes.subarray(0, 200))}`;
        assert.equal(difference(value, copy), null, note);
        assert.equal(difference(structuredClone(value), copy), null, note);
        assert.equal(toHex(encode(copy)), toHex(bytes), note);
      }
    });
  }
});
