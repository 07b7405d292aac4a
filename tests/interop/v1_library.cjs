// Performs calls of v1's published library, one after the other, and prints what each gave.
//
//     node v1_library.cjs LIBRARY < CALLS
//
// CALLS is JSON: {"options": what differs from the network "local", "calls": [{"of": "Registry" or
// "Permissions", "signer"?: key, "method": name, "args": list, "unless"?: node}]}. A call with
// "unless" is left out if the party of its first two arguments is listed at that node. The library
// talks on standard output, so what is printed stands in the last line.
const { Permissions, Registry } = require(process.argv[2])
const { options, calls } = JSON.parse(require("fs").readFileSync(0, "utf8"))

async function main() {
  const results = []
  for (const { of, signer, method, args, unless } of calls) {
    const contract = new (of === "Registry" ? Registry : Permissions)("local", signer, options)
    if (unless) {
      const { node } = (await contract.getPartyByOcpi(args[0], args[1])) ?? {}
      if (node?.operator === unless.operator && node?.url === unless.url) {
        results.push("kept")
        continue
      }
    }
    const result = await contract[method](...args)
    const isTransaction = result && typeof result === "object" && "hash" in result
    results.push(isTransaction ? "sent" : (result ?? null))
  }
  return results
}

main().then(
  (results) => console.log(JSON.stringify(results)),
  (error) => {
    console.error(error.message)
    process.exit(1)
  },
)
