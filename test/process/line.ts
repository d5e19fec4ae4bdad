/**
 * A line to the database that a test can cut: a TCP proxy on loopback. `reset`: every connection breaks, and so does
 * each new one. `hold`: nothing arrives any more and nobody is told; once mended, what was sent meanwhile arrives late.
 */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Line {
  /** The database's address by this line. */
  readonly url: string
  cut(how: 'reset' | 'hold'): void
  mend(): void
  close(): Promise<void>
}

export async function lineTo(databaseUrl: string): Promise<Line> {
  const target = new URL(databaseUrl)
  let state: 'whole' | 'reset' | 'hold' = 'whole'
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer((near) => {
    if (state === 'reset') {
      near.destroy()
      return
    }
    const far = connect({ host: target.hostname, port: Number(target.port) })
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [one, other] of [pair, [far, near] as const]) {
      one.setNoDelay(true)
      one.on('data', (bytes) => void other.write(bytes))
      one.on('end', () => other.end())
      // Whatever broke it: its other half breaks, too.
      one.on('error', () => other.destroy())
      one.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
      if (state === 'hold') one.pause()
    }
  })
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const each = (deed: (socket: Socket) => void): void => {
    for (const pair of [...pairs]) pair.forEach(deed)
  }
  return {
    url: url.href,
    cut(how) {
      state = how
      each((socket) => (how === 'reset' ? socket.destroy() : socket.pause()))
    },
    mend() {
      state = 'whole'
      each((socket) => socket.resume())
    },
    async close() {
      const closed = new Promise<void>((ok) => server.close(() => ok()))
      each((socket) => socket.destroy())
      await closed
    },
  }
}
