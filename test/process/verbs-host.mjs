/**
 * One verb after the other in one process, each from the same `cli.js` evaluated anew, with its own arguments, exit code
 * and output: what a verb says does not need a process of its own. Ends by itself, so a verb that leaves something open
 * holds it up. Arguments: the module; on stdin the lists of arguments as JSON.
 */
import { text } from 'node:stream/consumers'

const [, , cli] = process.argv
const answers = []
const real = { stdout: process.stdout.write, stderr: process.stderr.write }

/** Until the verb has ended, nothing it says leaves the process. */
async function run(args, n) {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    process[name].write = (part, ...rest) => {
      said[name] += part
      rest.find((one) => typeof one === 'function')?.()
      return true
    }
  process.argv = [process.execPath, cli, ...args]
  process.exitCode = 0
  try {
    await import(`${cli}?${n}`)
  } finally {
    Object.assign(process.stdout, { write: real.stdout })
    Object.assign(process.stderr, { write: real.stderr })
  }
  answers.push({ code: Number(process.exitCode), signal: null, ...said })
}

for (const [n, args] of JSON.parse(await text(process.stdin)).entries()) await run(args, n)
process.exitCode = 0
process.stdout.write(JSON.stringify(answers))
