/** Reads a stream line by line: for programs that say how far they have come. */

import type { Readable } from "node:stream";

interface Waiter {
  wanted: (line: string) => boolean;
  resolve: (line: string) => void;
  reject: (error: Error) => void;
}

export class LineReader {
  /** Everything read so far. */
  text = "";
  #lines: string[] = [];
  #rest = "";
  #ended = false;
  #waiters: Waiter[] = [];

  constructor(stream: Readable) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => this.#add(text));
    stream.on("end", () => this.#end());
    stream.on("close", () => this.#end());
  }

  /** The next line that nobody has taken yet; earlier ones that do not fit are dropped. */
  next(
    wanted: string | RegExp | ((line: string) => boolean) = () => true,
    timeout = 20_000,
  ): Promise<string> {
    const fits = typeof wanted === "function"
      ? wanted
      : (line: string) => typeof wanted === "string" ? line.includes(wanted) : wanted.test(line);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(new Error(`no line ${String(wanted)} within ${timeout} ms, only:\n${this.text}`));
      }, timeout);
      const waiter: Waiter = {
        wanted: fits,
        resolve: (line) => (clearTimeout(timer), resolve(line)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      };
      this.#waiters.push(waiter);
      this.#deliver();
    });
  }

  #add(text: string): void {
    this.text += text;
    const parts = (this.#rest + text).split(/\r?\n/);
    this.#rest = parts.pop()!;
    this.#lines.push(...parts);
    this.#deliver();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#rest !== "") this.#lines.push(this.#rest);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#waiters.length > 0 && this.#lines.length > 0) {
      const line = this.#lines.shift()!;
      if (this.#waiters[0].wanted(line)) this.#waiters.shift()!.resolve(line);
    }
    if (!this.#ended) return;
    for (const { reject } of this.#waiters.splice(0)) {
      reject(new Error(`the program ended without the line, it printed:\n${this.text}`));
    }
  }
}
