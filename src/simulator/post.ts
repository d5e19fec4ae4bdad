import http from 'node:http'
import https from 'node:https'
import type { Poster } from './types.ts'

/** Connections are kept, as the platform's own senders do; a stale one counts as a failed try. */
export function createPoster(connections: number): Poster {
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: connections }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: connections }),
  }
  return {
    send(method, url, body, deadlineMs) {
      const target = new URL(url)
      const secure = target.protocol === 'https:'
      return new Promise((resolve, reject) => {
        const request = (secure ? https : http).request(target, {
          method,
          agent: secure ? agents['https:'] : agents['http:'],
          headers:
            method === 'POST'
              ? { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) }
              : {},
        })
        // One deadline for the whole exchange, on the wall clock, whatever the simulator's clock does.
        const timer = setTimeout(
          () => request.destroy(new Error(`no answer within ${deadlineMs} ms`)),
          deadlineMs,
        )
        const fail = (error: Error): void => {
          clearTimeout(timer)
          reject(error)
        }
        request.on('error', fail)
        request.on('response', (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', fail)
          response.on('aborted', () => fail(new Error('the answer broke off')))
          response.on('end', () => {
            clearTimeout(timer)
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') })
          })
        })
        request.end(body)
      })
    },
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}
