/** An endless input. */

/** Counts how far it was read and how often it was closed. */
export class Endless {
  pulled = 0;
  closed = 0;

  *numbers(): Generator<number> {
    try {
      for (;;) yield this.pulled++;
    } finally {
      this.closed++;
    }
  }

  async *laterNumbers(): AsyncGenerator<number> {
    try {
      for (;;) yield await Promise.resolve(this.pulled++);
    } finally {
      this.closed++;
    }
  }
}
