// The part of solc's command line that build tools use: --version, and --standard-json on stdin.
// Why not the package's own solcjs: it answers --version in a form of its own, knows no --allow-paths,
// prints a remark about SMT solvers into the JSON, and does not read imports without --base-path.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const NAME = "solc, the solidity compiler commandline interface";
const USAGE =
  "usage: solc --version | solc --standard-json [--base-path P] [--include-path P]... [--allow-paths P,...] [FILE | -]";

/** The compiler's version as its package tells it, without the second that loading the compiler takes. */
function packageVersion() {
  return require("../../node_modules/solc/package.json").version;
}

function compiler() {
  return require("../../node_modules/solc");
}

function fail(message) {
  process.stderr.write(`Error: ${message}\n`);
  process.exit(1);
}

function parse(argv) {
  const options = { roots: [], file: "-" };
  for (let i = 0; i < argv.length; i += 1) {
    const [flag, ...inline] = argv[i].split("=");
    const value = () => (inline.length > 0 ? inline.join("=") : argv[(i += 1)]);
    if (flag === "--version") options.version = true;
    else if (flag === "--standard-json") options.standardJson = true;
    else if (flag === "--base-path") options.roots.unshift(value());
    else if (flag === "--include-path") options.roots.push(value());
    else if (flag === "--allow-paths") value(); // what may be read is the caller's business: it is the caller's machine
    else if (flag === "-" || !flag.startsWith("-")) options.file = argv[i];
    else fail(`unknown option ${flag}\n${USAGE}`);
  }
  return options;
}

/** Answers an import that the input does not carry, from the first root that has it. */
function readFrom(roots) {
  return (name) => {
    for (const root of roots) {
      const file = path.resolve(root, name);
      if (fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
    }
    return { error: "File not found inside the base path or any of the include paths." };
  };
}

const options = parse(process.argv.slice(2));
if (options.version) {
  process.stdout.write(`${NAME}\nVersion: ${compiler().version()}\n`);
} else if (options.standardJson) {
  const input = fs.readFileSync(options.file === "-" ? 0 : options.file, "utf8");
  const roots = options.roots.length > 0 ? options.roots : ["."];
  process.stdout.write(`${compiler().compile(input, { import: readFrom(roots) })}\n`);
} else {
  fail(USAGE);
}
