/**
 * Layer 10, pool. A set in no order, for members that come and go a million times a second: each knows
 * its place.
 *
 * @module
 */

/** What can be in a roster, one at a time. */
export interface Listed {
  /** Where it stands; the roster's own. */
  place: number;
}

/** A set. */
export class Roster<T extends Listed> {
  readonly #all: T[] = [];

  /** How many there are. */
  get size(): number {
    return this.#all.length;
  }

  /** Adds a member that is in no roster. */
  add(member: T): void {
    member.place = this.#all.push(member) - 1;
  }

  /** Removes a member. */
  delete(member: T): void {
    const { place } = member;
    if (this.#all[place] !== member) return;
    const last = this.#all.pop()!;
    if (last === member) return;
    this.#all[place] = last;
    last.place = place;
  }

  /** The members of this moment. */
  toArray(): T[] {
    return [...this.#all];
  }
}
