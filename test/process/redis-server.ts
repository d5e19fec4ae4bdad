/** A redis-server of a test's own, to be stopped, frozen, emptied and killed by its own pid. Keeps nothing on disk. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, until } from './harness.ts'

export interface RedisServer {
  readonly url: string
  start(): Promise<void>
  /** SIGTERM, SIGKILL: over. SIGSTOP, SIGCONT: nobody waits for anything. */
  signal(signal: NodeJS.Signals): Promise<void>
  flush(): Promise<void>
}

export async function ownRedis(): Promise<RedisServer> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${String(port)}`
  let server: ChildProcess | null = null
  const ask = async (command: (client: Redis) => Promise<string>): Promise<boolean> => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 500 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await command(client)) !== ''
    } catch (error) {
      if (error instanceof Error) return false
      throw error
    } finally {
      client.disconnect()
    }
  }
  const start = async (): Promise<void> => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    server = spawn('redis-server', args, { stdio: 'ignore' })
    const failed = new Promise<never>((_, fail) => {
      server?.once('error', (error) =>
        fail(new Error('This proof needs redis-server on the PATH', { cause: error })),
      )
    })
    await Promise.race([
      until(`Redis on ${url}`, async () => ((await ask((client) => client.ping())) ? true : null)),
      failed,
    ])
  }
  await start()
  return {
    url,
    start,
    async signal(signal) {
      const ends = signal === 'SIGTERM' || signal === 'SIGKILL'
      const over = ends ? new Promise((ok) => server?.once('close', ok)) : pause(0)
      server?.kill(signal)
      await over
    },
    async flush() {
      if (!(await ask((client) => client.flushall()))) throw new Error(`${url} could not be emptied`)
    },
  }
}
