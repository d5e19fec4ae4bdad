/**
 * An API like WeCom's for benchmarks, as a process of its own, so that its CPU is nobody's: it accepts a message by its
 * id, takes `latencyMs` for it, refuses with 45009 beyond so many in any sliding second, and tells at the end what it saw.
 *
 * POST /send {id}: {errcode, msgid}. GET /find?id=: {times}. GET /seen: `Seen`. POST /reset.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

const perSecond = Number(process.argv[2] ?? 0)
const latencyMs = Number(process.argv[3] ?? 0)
/** Requests that left evenly arrive in bunches on a busy machine; what came is told all the same. */
const slack = 1.25

let accepted = new Map<string, number>()
let instants: number[] = []
let refused = 0
let recent: number[] = []

/** Most instants in any window of this length. */
function most(windowMs: number): number {
  let [from, top] = [0, 0]
  instants.forEach((at, to) => {
    while (at - (instants[from] ?? 0) >= windowMs) from += 1
    top = Math.max(top, to - from + 1)
  })
  return top
}

function isFull(now: number): boolean {
  if (perSecond === 0) return false
  recent = recent.filter((at) => now - at < 1_000)
  return recent.length >= Math.ceil(perSecond * slack)
}

function answer(req: IncomingMessage, res: ServerResponse, body: string): void {
  const say = (value: object): void => void res.end(JSON.stringify(value))
  const url = new URL(req.url ?? '/', 'http://localhost')
  const now = performance.now()
  switch (url.pathname) {
    case '/send': {
      if (isFull(now)) {
        refused += 1
        return say({ errcode: 45009, errmsg: 'api freq out of limit' })
      }
      const { id } = JSON.parse(body) as { id: string }
      recent.push(now)
      instants.push(now)
      accepted.set(id, (accepted.get(id) ?? 0) + 1)
      const done = (): void => say({ errcode: 0, msgid: `m-${id}` })
      if (latencyMs > 0) setTimeout(done, latencyMs)
      else done()
      return
    }
    case '/find':
      return say({ times: accepted.get(url.searchParams.get('id') ?? '') ?? 0 })
    case '/reset':
      accepted = new Map()
      instants = []
      recent = []
      refused = 0
      return say({})
    default: {
      const times = [...accepted.values()]
      return say({
        accepted: accepted.size,
        twice: times.filter((n) => n > 1).length,
        refused,
        worstSecond: most(1_000),
        worstMinute: most(60_000),
        seconds: ((instants.at(-1) ?? 0) - (instants[0] ?? 0)) / 1_000,
      })
    }
  }
}

const server = createServer((req, res) => {
  let body = ''
  req.setEncoding('utf8')
  req.on('data', (part: string) => (body += part))
  req.on('end', () => answer(req, res, body))
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0)
})
process.once('disconnect', () => process.exit(0))
