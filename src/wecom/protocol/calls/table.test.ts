/** All calls there are: what exactly leaves, and whether it leaves again when the answer is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { days, virtualClock } from '../../../base/clock.ts'
import { callTable } from './table.fixture.ts'
import { startTinyWecom } from './tiny-wecom.ts'
import type { TinyWecom } from './tiny-wecom.ts'

let wecom: TinyWecom
const clock = virtualClock(days(20_000))
beforeAll(async () => {
  wecom = await startTinyWecom(clock)
})
afterAll(() => wecom.close())

it('names every call there is', () => {
  expect(Object.keys(wecom.api).sort()).toEqual(Object.keys(callTable).sort())
})

/** What stands between the first head and the last boundary of a form. */
function fileIn(form: Buffer): Buffer {
  const from = form.indexOf('\r\n\r\n') + 4
  return form.subarray(from, form.lastIndexOf('\r\n--siyu-'))
}

describe('a call whose answer is no document', () => {
  it.each(Object.entries(callTable))('%s', async (_, { by, leaves, query, body, again, token }) => {
    clock.advance(days(2))
    wecom.tell('*', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>502</html>' })
    wecom.came.length = 0
    expect((await by(wecom.api)).kind).toBe('unknown')
    expect(wecom.came).toHaveLength(again === 'again' ? 4 : 1)
    for (const came of wecom.came) {
      expect(`${came.method} ${came.path}`).toBe(leaves)
      expect(came.query).toEqual(query)
      expect(came.token).toBe(token === 'none' ? null : 't1')
      if (Buffer.isBuffer(body)) {
        expect(came.type).toMatch(/^multipart\/form-data; boundary=siyu-/)
        expect(fileIn(came.body)).toEqual(body)
      } else {
        const text = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body)
        expect(came.body.toString()).toBe(text)
        expect(came.type).toBe(body === undefined ? '' : 'application/json')
      }
    }
  })
})
