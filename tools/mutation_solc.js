// The compiler of tools/mutation.py: standard JSON in, standard JSON out, a line each. One process for many compiles,
// because loading the compiler and warming it up takes longer than a compile.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const solc = require("../node_modules/solc");

const libraries = path.join(__dirname, "..", "node_modules");

function readImport(name) {
  const file = path.join(libraries, name);
  return fs.existsSync(file) ? { contents: fs.readFileSync(file, "utf8") } : { error: "no such file" };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(JSON.parse(solc.compile(line, { import: readImport })))}\n`);
});
