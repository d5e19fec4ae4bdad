import type { IncomingMessage, ServerResponse } from 'node:http'

/** Ten thousand recipient ids are some 400 KB; media are larger. */
const mostBytes = 25 * 1024 * 1024

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > mostBytes) throw new Error('The body is too large.')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The other side sees ECONNRESET, not a polite end. */
export function reset(request: IncomingMessage): void {
  request.socket.resetAndDestroy()
}

/** Real time, whatever the simulator's clock does; never keeps the process alive. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(value))
}

export function cookiesOf(request: IncomingMessage): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0) cookies.set(pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim()))
  }
  return cookies
}
