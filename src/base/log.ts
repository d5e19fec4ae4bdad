import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

export type Log = Logger

const secret = [
  'access_token',
  'corpsecret',
  'secret',
  'password',
  'token',
  'authorization',
  'cookie',
  'phone',
  'mobile',
]

/** Lines of JSON on stderr: stdout belongs to a verb's one document. Secrets and phones are cut out wherever they hang. */
export function createLog(level = 'info', to?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      redact: { paths: secret.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    to ?? pino.destination({ dest: 2, sync: true }),
  )
}
