/** Registered classes: the user's and the library's own. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { SerializationError } from "../../../src/errors.ts";
import { registerClass, registerInternal } from "../../../src/wire/classes.ts";
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder } from "../../../src/wire/encode.ts";
import { encode, installFunctionHooks, refusalOf, roundTrip } from "./codec.ts";

before(installFunctionHooks);

class Point {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
registerClass(Point, {
  reduce: (point) => [point.x, point.y],
  rebuild: ([x, y]: number[]) => new Point(x, y),
});

class Node {
  readonly name: string;
  readonly links: Node[] = [];
  constructor(name: string) {
    this.name = name;
  }
}
registerClass(Node, {
  name: "tests/Node",
  reduce: (node) => ({ name: node.name, links: node.links }),
  rebuild: ({ name, links }) => {
    const node = new Node(name);
    node.links.push(...links);
    return node;
  },
});

describe("registered classes", () => {
  it("instances arrive as instances", () => {
    const copy = roundTrip({ point: new Point(1, 2), list: [new Point(3, 4)] });
    assert.ok(copy.point instanceof Point);
    assert.deepEqual([copy.point.x, copy.point.y, copy.list[0].x], [1, 2, 3]);
  });

  it("the name is sent once in a value", () => {
    const many = Array.from({ length: 100 }, (_, i) => new Point(i, 1));
    assert.ok(encode(many).length < 100 * 7);
    assert.deepEqual(roundTrip(many), many);
  });

  it("instances are shared, and refer to each other", () => {
    const leaf = new Node("leaf");
    const root = new Node("root");
    root.links.push(leaf, leaf, new Node("other"));
    const [copy, again] = roundTrip([root, leaf]);
    assert.equal(copy.links[0], copy.links[1]);
    assert.equal(copy.links[0], again);
    assert.equal(copy.links[2].name, "other");
  });

  it("an object that holds the instance can be held by it only from outside", () => {
    const holder: { node: Node | null; again?: unknown } = { node: null };
    const node = new Node("a");
    Object.assign(node, { holder });
    holder.node = node;
    holder.again = holder;
    const copy = roundTrip(holder) as typeof holder;
    assert.ok(copy.node instanceof Node);
    assert.equal(copy.again, copy);
  });

  it("an instance inside its own reduced data is refused", () => {
    const node = new Node("a");
    node.links.push(new Node("b"));
    node.links[0].links.push(node);
    const error = refusalOf({ node });
    assert.equal(error.path, "args[0].node(reduced).links[0](reduced).links[0]");
    assert.match(error.message, /inside the data that it is itself reduced to; .*rebuild/);
    const encoder = new Encoder("process");
    assert.throws(() => encoder.value(node, "v"), {
      name: "SerializationError",
      path: "v(reduced).links[0](reduced).links[0]",
    });
    encoder.value([new Node("c")], "v");
    assert.equal((new Decoder(encoder.take().bytes).value() as Node[])[0].name, "c");
  });

  it("a subclass needs its own registration", () => {
    class Point3 extends Point {}
    const error = refusalOf([new Point3(1, 2)]);
    assert.equal(error.path, "args[0][0]");
    assert.match(
      error.message,
      /class Point3, a subclass of the registered class Point; .*registerClass\(Point3/,
    );
  });

  it("a registered subclass of a built-in class", () => {
    class Tags extends Set<string> {}
    registerClass(Tags, {
      name: "tests/Tags",
      reduce: (tags) => [...tags],
      rebuild: (list: string[]) => new Tags(list),
    });
    class List extends Array<number> {}
    registerClass(List, {
      name: "tests/List",
      reduce: (list) => Array.from(list),
      rebuild: (items: number[]) => List.from(items) as List,
    });
    const copy = roundTrip([new Tags(["a"]), List.from([1, 2])] as const);
    assert.ok(copy[0] instanceof Tags && copy[0].has("a"));
    assert.ok(copy[1] instanceof List && copy[1].length === 2);
  });

  it("what reduce throws, or returns that cannot travel", () => {
    class Bad {
      readonly what: () => unknown;
      constructor(what: () => unknown) {
        this.what = what;
      }
    }
    registerClass(Bad, {
      name: "tests/Bad",
      reduce: (bad) => bad.what(),
      rebuild: () => new Bad(() => 0),
    });
    const cause = new Error("cannot");
    const thrown = refusalOf({
      bad: new Bad(() => {
        throw cause;
      }),
    });
    assert.equal(thrown.path, "args[0].bad");
    assert.equal(thrown.cause, cause);
    const returned = refusalOf({ bad: new Bad(() => ({ socket: Promise.resolve() })) });
    assert.equal(returned.path, "args[0].bad(reduced).socket");
    const own = refusalOf([
      new Bad(() => {
        throw new SerializationError("it holds a socket; close it first");
      }),
    ]);
    assert.equal(own.message, "Cannot send args[0][0]: it holds a socket; close it first");
  });

  it("what rebuild throws is passed on as it is", () => {
    class Fragile {}
    const cause = new RangeError("not here");
    registerClass(Fragile, {
      name: "tests/Fragile",
      reduce: () => null,
      rebuild: (): Fragile => {
        throw cause;
      },
    });
    assert.throws(() => roundTrip([new Fragile()]), (error) => error === cause);
  });

  it("bad registrations", () => {
    const reduce = (): number => 0;
    const rebuild = (): object => ({});
    const register = registerClass as (...args: unknown[]) => void;
    class Same {}
    class Other {}
    const cases: [unknown[], RegExp][] = [
      [[undefined, {}], /^registerClass needs a class, received undefined$/],
      [[{}, {}], /needs a class, received an object/],
      [["Point", {}], /needs a class, received "Point"/],
      [[() => 1, { reduce, rebuild }], /needs a class, received the function without a name/],
      [[Map, { reduce, rebuild }], /a class of your own: Map travels as it is/],
      [[Object, { reduce, rebuild }], /a class of your own/],
      [[Same, null], /needs \{ reduce, rebuild \}, received null/],
      [[Same], /registerClass\(Same\) needs reduce to be a function, received undefined/],
      [[Same, { reduce }], /needs rebuild to be a function, received undefined/],
      [[Same, { reduce: 1, rebuild }], /needs reduce to be a function, received 1/],
      [
        [Same, { name: "", reduce, rebuild }],
        /needs a name that is not empty for Same, received ""/,
      ],
      [[Same, { name: 5, reduce, rebuild }], /needs a name/],
      [
        [(() => class {})(), { reduce, rebuild }],
        /class without a name, received ""; give \{ name \}/,
      ],
      [[Other, { name: "Point", reduce, rebuild }], /two classes as "Point"; give one another/],
    ];
    for (const [args, message] of cases) {
      assert.throws(() => register(...args), (error: Error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, message);
        return true;
      });
    }
  });

  it("the same class again replaces what was there", () => {
    class Reloaded {
      generation = 0;
    }
    const register = (generation: number, name?: string): void =>
      registerClass(Reloaded, {
        name,
        reduce: () => null,
        rebuild: () => Object.assign(new Reloaded(), { generation }),
      });
    register(1);
    assert.equal(roundTrip(new Reloaded()).generation, 1);
    register(2);
    assert.equal(roundTrip(new Reloaded()).generation, 2);
    register(3, "tests/Renamed");
    assert.equal(roundTrip(new Reloaded()).generation, 3);
    class Next {}
    registerClass(Next, { name: "Reloaded", reduce: () => 1, rebuild: () => new Next() });
    assert.ok(roundTrip(new Next()) instanceof Next);
  });
});

describe("objects of the library", () => {
  class Handle {
    readonly id: number;
    readonly extra: unknown;
    constructor(id: number, extra: unknown) {
      this.id = id;
      this.extra = extra;
    }
  }
  registerInternal(Handle, "tests/Handle", import.meta.url, {
    encode(output, { id, extra }) {
      if (id < 0) throw new SerializationError("it is closed; open another one");
      output.varint(id);
      output.string("x");
      output.value(extra, "extra");
      output.u8(output.route === "thread" ? 1 : 0);
      if (output.route === "thread") output.varint(output.attach(memory));
    },
    decode(input) {
      const id = input.varint();
      assert.equal(input.string(), "x");
      const handle = new Handle(id, input.value());
      return input.u8() === 0 ? handle : new Handle(id, input.attachment(input.varint()));
    },
  });
  const memory = new SharedArrayBuffer(4);

  it("write and read themselves, also inside each other", () => {
    const handle = new Handle(300, [new Handle(1, { a: 1 })]);
    const other = { a: 1 };
    const copy = roundTrip([other, handle, handle, other] as const);
    assert.equal(copy[1], copy[2]);
    assert.equal(copy[0], copy[3]);
    assert.ok(copy[1] instanceof Handle);
    assert.equal(copy[1].id, 300);
    const [inner] = copy[1].extra as Handle[];
    assert.ok(inner instanceof Handle);
    assert.deepEqual(inner.extra, { a: 1 });
  });

  it("may let objects ride beside the bytes", () => {
    const encoder = new Encoder("thread");
    encoder.value({ handle: new Handle(2, null) }, "v");
    const { bytes, attachments } = encoder.take();
    const copy = new Decoder(bytes, attachments).value() as { handle: Handle };
    assert.equal(copy.handle.extra, memory);
  });

  it("their refusals get the path", () => {
    const closed = new Handle(-1, null);
    const error = refusalOf({ lock: closed });
    assert.equal(error.path, "args[0].lock");
    assert.equal(error.message, "Cannot send args[0].lock: it is closed; open another one");
    assert.match(
      refusalOf([new Handle(1, Symbol("s"))]).message,
      /args\[0\]\[0\]: Cannot send extra: it is a symbol/,
    );
  });

  it("are known by a name that is apart from the users'", () => {
    class Fake {}
    registerClass(Fake, { name: "tests/Handle", reduce: () => 1, rebuild: () => new Fake() });
    const copy = roundTrip([new Handle(5, null), new Fake()]);
    assert.ok(copy[0] instanceof Handle && copy[1] instanceof Fake);
  });
});

describe("a value that cannot be read", () => {
  class Owned {
    readonly id: number;
    constructor(id: number) {
      this.id = id;
    }
  }
  const made: number[] = [];
  const dropped: number[] = [];
  registerInternal(Owned, "tests/Owned", import.meta.url, {
    encode: (output, { id }: Owned) => output.varint(id),
    decode(input) {
      const owned = new Owned(input.varint());
      made.push(owned.id);
      return owned;
    },
    drop: ({ id }) => void dropped.push(id),
  });

  class Gone {}
  const gone = { reduce: () => [new Owned(2)], rebuild: () => new Gone() };
  registerClass(Gone, { name: "tests/Gone", ...gone });
  class GoneError extends Error {}
  registerClass(GoneError, { name: "tests/GoneError" });

  const messages = [
    [encode([new Owned(1), new Gone(), new Gone(), new Owned(3)]), /tests\/Gone/, [1, 2, 2, 3]],
    [
      encode([new Owned(1), new GoneError("?", { cause: new Owned(2) })]),
      /tests\/GoneError/,
      [1, 2],
    ],
  ] as const;
  // From now on nobody knows these names.
  registerClass(Gone, { name: "tests/GoneOn", ...gone });
  registerClass(GoneError, { name: "tests/GoneErrorOn" });

  for (const [bytes, message, ids] of messages) {
    it(`is read to its end: ${message.source}`, () => {
      made.length = dropped.length = 0;
      assert.throws(() => new Decoder(bytes).value(), { name: "ProtocolError", message });
      assert.deepEqual([made, dropped], [ids, ids]);
    });
  }

  it("does not concern the next one", () => {
    const encoder = new Encoder("process");
    encoder.value([new GoneError("?")], "value");
    encoder.value([new Owned(4)], "value");
    registerClass(GoneError, { name: "tests/GoneErrorAgain" });
    const decoder = new Decoder(encoder.take().bytes);
    assert.throws(() => decoder.value(), { message: /tests\/GoneErrorOn/ });
    made.length = dropped.length = 0;
    assert.deepEqual(decoder.value(), [new Owned(4)]);
    assert.deepEqual(dropped, []);
  });

  it("is given up unread", () => {
    made.length = dropped.length = 0;
    const bytes = encode({ gone: new Gone(), owned: new Owned(5) });
    new Decoder(bytes).drop();
    assert.deepEqual([made, dropped], [[2, 5], [2, 5]]);
    new Decoder(bytes.subarray(0, bytes.length - 1)).drop(); // what is there of it
    assert.deepEqual(dropped, [2, 5, 2]);
  });
});
