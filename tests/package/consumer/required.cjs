// A CommonJS program of somebody who has installed the package.
const { getContext } = require("@manycore/multiprocessing");

exports.square = (x) => x * x;

async function main() {
  for (const method of ["spawn", "thread"]) {
    const pool = new (getContext(method).Pool)(2);
    console.log(method, await pool.map(exports.square, [1, 2, 3]));
    await pool.terminate();
  }
}

if (require.main === module) main();
