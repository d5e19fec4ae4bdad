import { describe, expect, it } from 'vitest'
import { newId } from '../base/ids.ts'
import { batchLink, fillLinks, linkKey, linksIn, personalLink, readLink } from './links.ts'

const key = linkKey(Buffer.alloc(32, 7))
const parts = { publicUrl: 'https://siyu.example.com', key }
const promise = newId(1_700_000_000_000)
const tokenOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

describe('a link', () => {
  it('of one promise leads back to that promise and that place', () => {
    const url = personalLink(parts, { promise, target: 'game/poll-2026-W47' })
    expect(url).toMatch(/^https:\/\/siyu\.example\.com\/h5\/l\/p\.[\w-]{22}\.[\w-]{22}\.game~poll-2026-W47$/)
    expect(readLink(key, tokenOf(url))).toEqual({ kind: 'personal', promise, target: 'game/poll-2026-W47' })
  })

  it('that was changed in any one character is not ours', () => {
    const token = tokenOf(personalLink(parts, { promise, target: 'me' }))
    for (let i = 0; i < token.length; i += 1) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
      expect(readLink(key, changed)).toBeNull()
    }
    expect(readLink(linkKey(Buffer.alloc(32, 8)), token)).toBeNull()
    for (const bad of [
      '',
      'p',
      'p...',
      'b.',
      'b..me',
      'x.a.b.c',
      `${token}.more`,
      'b.tok.a/b/c',
      'b.tok.<script>',
    ])
      expect(readLink(key, bad)).toBeNull()
  })

  it('of a broadcast names the batch and the place, and nobody', () => {
    const url = batchLink('http://127.0.0.1:3000', 'abc_123', 'subscription')
    expect(url).toBe('http://127.0.0.1:3000/h5/l/b.abc_123.subscription')
    expect(readLink(key, tokenOf(url))).toEqual({
      kind: 'batch',
      batchToken: 'abc_123',
      target: 'subscription',
    })
  })

  it('is filled wherever the wording asks for it', () => {
    const text = '投票 [[link:game/poll-1]] 设置 [[link:subscription]]'
    expect(linksIn(text)).toEqual(['game/poll-1', 'subscription'])
    expect(fillLinks(text, (target) => `<${target}>`)).toBe('投票 <game/poll-1> 设置 <subscription>')
  })

  it('cannot be made for a place or a promise that does not exist', () => {
    expect(() => batchLink('http://x', 'abc', 'a/b/c')).toThrow('not a place')
    expect(() => personalLink(parts, { promise: 'nonsense', target: 'me' })).toThrow('id of a promise')
  })
})
