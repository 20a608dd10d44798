/**
 * Layer 9, process. The spares of this isolate, one stock for each start method: as many as are
 * wanted, ready to become whatever child is started next. Owns who wants how many.
 *
 * ```text
 * Freshness   A spare inherited directory, environment and permissions when it was started. Where
 *             one of these has changed since, it is not taken, but sent away.
 * Refill      A spare that was taken or has ended is replaced a little later: what was started goes
 *             first. After each one that nobody took the pause is twice as long.
 * Failure     What cannot be started, or ends before it is ready, is the error of those who wait for
 *             it, and they want none any more. If nobody waits it is tried again, after a pause.
 * ```
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { brokers } from "../park/brokers.ts";
import { newIsolateNumber } from "../park/isolate.ts";
import type { StartMethod } from "../park/start_method.ts";
import { later } from "../runtime/later.ts";
import { runtime } from "../runtime/mod.ts";
import { wasEnded } from "../runtime/signals.ts";
import { surroundings } from "../runtime/surroundings.ts";
import type { Surroundings } from "../runtime/surroundings.ts";
import { getMainModule } from "../wire/functions/mod.ts";
import { logger } from "./logging.ts";
import { Spare } from "./spare.ts";
import type { SpareEvents } from "./spare.ts";
import { writeStartRecord } from "./start_record.ts";

/** How long after a spare was taken the next one starts. */
const REFILL_MS = 20;
/** The pause after the first spare that was lost, and the longest one. */
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** So many in a row that end before they are ready are an error. */
const MAX_FALSE_STARTS = 3;

/** Somebody who wants spares. */
export interface Claim {
  /** How many. */
  readonly count: number;
  /** Addresses of the modules that they are to have imported. */
  readonly modules: readonly string[];
  /** Called once, when all of them have been ready. */
  onReady(): void;
  /** Called instead, or later: no more are kept for this claim. */
  onFailed(error: Error): void;
}

/** Wants spares, in the place of an earlier claim if there is one. */
export function claimSpares(method: StartMethod, claim: Claim, earlier?: Claim): void {
  const stock = stocks[method] ??= new Stock(method);
  stock.claim(claim, earlier);
}

/** Wants them no more. Resolves when those that nobody else wants have ended. */
export async function releaseSpares(method: StartMethod, claim?: Claim): Promise<void> {
  await stocks[method]?.release(claim);
}

/**
 * Keeps spares with the main module, for a pool, until the returned function is called; that resolves
 * when those that nobody else wants have ended.
 */
export function keepSpares(method: StartMethod, count: number): () => Promise<void> {
  if (count === 0) return () => Promise.resolve();
  const main = getMainModule();
  const claim: Claim = {
    count,
    modules: main === null ? [] : [main],
    onReady: () => {},
    onFailed: (error) => console.warn(`Warning: ${error.message}`),
  };
  claimSpares(method, claim);
  return () => releaseSpares(method, claim);
}

/** A spare for a child that is going to import these modules, if there is one; it is the caller's. */
export function takeSpare(method: StartMethod, modules: readonly string[]): Spare | null {
  return stocks[method]?.take(modules) ?? null;
}

const stocks: Partial<Record<StartMethod, Stock>> = {};

class Stock implements SpareEvents {
  #method: StartMethod;
  /** How many are still to become ready, for the first time, for whom. */
  #claims = new Map<Claim, number>();
  #spares = new Set<Spare>();
  #leaving = new Set<Spare>();
  #losses = 0;
  #falseStarts = 0;
  #callOff: (() => void) | null = null;

  constructor(method: StartMethod) {
    this.#method = method;
    runtime.onExit(() => {
      for (const spare of [...this.#spares, ...this.#leaving]) spare.kill();
    });
  }

  claim(claim: Claim, earlier: Claim | undefined): void {
    if (earlier !== undefined) this.#claims.delete(earlier);
    this.#claims.set(claim, claim.count);
    this.#falseStarts = this.#losses = 0;
    for (const spare of this.#adjust()) if (spare.ready) this.#count(claim);
  }

  async release(claim: Claim | undefined): Promise<void> {
    if (claim !== undefined) this.#claims.delete(claim);
    this.#adjust();
    await Promise.all([...this.#leaving].map(({ gone }) => gone));
  }

  take(modules: readonly string[]): Spare | null {
    if (this.#spares.size === 0) return null;
    const now = this.#surroundings();
    let stale = false;
    for (const spare of this.#spares) {
      if (spare.surroundings.text !== now.text) stale = true;
      else if (spare.ready && (now.anyModule || modules.every((url) => spare.modules.has(url)))) {
        this.#spares.delete(spare);
        this.#losses = 0;
        this.#adjustIn(REFILL_MS);
        return spare;
      }
    }
    if (stale) {
      logger.debug("a spare is not used: directory, environment or permissions have changed");
      this.#adjustAfterLoss();
    }
    return null;
  }

  // -- What spares say --

  ready(spare: Spare): void {
    if (!this.#spares.has(spare)) return;
    this.#falseStarts = 0;
    for (const claim of this.#claims.keys()) this.#count(claim);
  }

  failed(spare: Spare, error: unknown): void {
    this.#spares.delete(spare);
    this.#fail(
      new ProcessError(
        `Cannot keep spare ${this.#noun} ready: a module that they are to import fails: ${
          error instanceof Error ? error.message : error
        }`,
        { cause: error },
      ),
    );
  }

  lost(spare: Spare, code: number, wasReady: boolean): void {
    this.#spares.delete(spare);
    const isFault = !wasReady && !wasEnded(code);
    if (!isFault || ++this.#falseStarts < MAX_FALSE_STARTS) return this.#adjustAfterLoss();
    this.#falseStarts = 0;
    this.#fail(
      new ProcessError(
        `Cannot keep spare ${this.#noun} ready: ${MAX_FALSE_STARTS} in a row ended before they ` +
          `were, the last one with exit code ${code}; standard error may say why`,
      ),
    );
  }

  // -- Inside --

  get #noun(): string {
    return this.#method === "thread" ? "threads" : "processes";
  }

  #surroundings(): Surroundings {
    return surroundings(this.#method === "spawn", brokers()?.hosts() ?? []);
  }

  /** Sends away what does not fit, and starts what is missing. Returns those that are kept. */
  #adjust(): Iterable<Spare> {
    this.#callOff?.();
    this.#callOff = null;
    let wanted = 0;
    const modules = new Set<string>();
    for (const claim of this.#claims.keys()) {
      wanted += claim.count;
      for (const url of claim.modules) modules.add(url);
    }
    const now = this.#surroundings();
    for (const spare of this.#spares) {
      const fits = spare.surroundings.text === now.text &&
        [...modules].every((url) => spare.modules.has(url));
      if (!fits) this.#dismiss(spare);
    }
    // The youngest ones go: they may not be ready.
    for (const spare of [...this.#spares].slice(wanted)) this.#dismiss(spare);
    try {
      while (this.#spares.size < wanted) this.#start([...modules], now);
    } catch (error) {
      this.#fail(error as Error);
    }
    return this.#spares;
  }

  #adjustIn(ms: number): void {
    this.#callOff ??= later(ms, () => this.#adjust());
  }

  #adjustAfterLoss(): void {
    if (this.#callOff !== null) return;
    this.#adjustIn(Math.min(PAUSE_MS * 2 ** this.#losses++, LONGEST_PAUSE_MS));
  }

  #start(modules: readonly string[], now: Surroundings): void {
    const record = writeStartRecord({
      method: this.#method,
      identity: { name: "Spare", path: "spare", daemon: false },
      kind: "spare",
      body: (encoder) => {
        for (const url of modules) encoder.module(url);
      },
    }, newIsolateNumber());
    this.#spares.add(new Spare({ method: this.#method, name: "Spare" }, record, now, this));
  }

  #dismiss(spare: Spare): void {
    this.#spares.delete(spare);
    this.#leaving.add(spare);
    void spare.gone.then(() => this.#leaving.delete(spare));
    spare.dismiss();
  }

  /** One more is ready. */
  #count(claim: Claim): void {
    if (!this.#claims.has(claim)) return; // it has failed
    const missing = this.#claims.get(claim)! - 1;
    this.#claims.set(claim, missing);
    if (missing === 0) claim.onReady();
  }

  #fail(error: Error): void {
    const waiting = [...this.#claims].filter(([, missing]) => missing > 0);
    for (const [claim] of waiting) {
      this.#claims.delete(claim);
      claim.onFailed(error);
    }
    if (waiting.length > 0) this.#adjust();
    else this.#adjustAfterLoss();
  }
}
