/**
 * The picture of a code, fetched from where WeCom has it: so it is of our own origin and can be saved under the name of
 * its way. The address is WeCom's answer, never somebody's wish.
 */
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import { OutsideFailure } from '../../base/errors.ts'

const mostBytes = 2 * 1024 * 1024
const timeoutMs = 8_000
const types = ['image/png', 'image/jpeg']

export const fetchPicture =
  (dispatcher?: Dispatcher) =>
  async (url: string): Promise<{ readonly bytes: Buffer; readonly type: string }> => {
    try {
      const { statusCode, headers, body } = await request(url, {
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(dispatcher ? { dispatcher } : {}),
      })
      const type = String(headers['content-type'] ?? '').split(';')[0] ?? ''
      const length = Number(headers['content-length'] ?? 0)
      if (statusCode !== 200 || !types.includes(type) || length > mostBytes) {
        await body.dump()
        throw new OutsideFailure(`the picture of a code answers ${String(statusCode)} ${type}`)
      }
      const parts: Buffer[] = []
      let size = 0
      for await (const part of body as AsyncIterable<Buffer>) {
        size += part.length
        if (size > mostBytes) throw new OutsideFailure('the picture of a code is too large')
        parts.push(part)
      }
      return { bytes: Buffer.concat(parts), type }
    } catch (error) {
      if (error instanceof OutsideFailure) throw error
      throw new OutsideFailure('the picture of a code cannot be fetched', { cause: error })
    }
  }
