/** A Redis for tests: TEST_REDIS_URL, or the one that answers on this machine; else they are left out, loudly. */
import { Redis } from 'ioredis'

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 500 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.ping()) === 'PONG'
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  } finally {
    client.disconnect()
  }
}

const given = process.env['TEST_REDIS_URL']
const usual = 'redis://127.0.0.1:6379'

/** Null: none. A TEST_REDIS_URL that does not answer is an error, not a reason to leave tests out. */
export async function testRedis(name: string): Promise<string | null> {
  if (given !== undefined) {
    if (await answers(given)) return given
    throw new Error(`TEST_REDIS_URL does not answer: ${given}`)
  }
  if (await answers(usual)) return usual
  process.stderr.write(`!! skipped without a Redis (TEST_REDIS_URL): ${name}\n`)
  return null
}
