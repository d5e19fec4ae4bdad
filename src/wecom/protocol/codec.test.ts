/** The codec against the facts of WECOM.md §2.3, with Tencent's own package as the oracle that seals. */
import { createCipheriv } from 'node:crypto'
import { decrypt as oracleDecrypt, encrypt as seal, getSignature } from '@wecom/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from './codec.ts'

const corpId = 'ww5823bf96d3bd56c7'
const token = 'QDG6eK'
/** A key as Tencent's samples have them: the spare bits of its last letter are set. */
const aesKey = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C'
const codec = createCodec({ corpId, tokens: [token], aesKeys: [aesKey] })

const timestamp = '1409659589'
const nonce = '263014780'
const signed = (encrypted: string, more: { token?: string; timestamp?: string; nonce?: string } = {}) => {
  const at = more.timestamp ?? timestamp
  const once = more.nonce ?? nonce
  return {
    timestamp: at,
    nonce: once,
    msg_signature: getSignature(more.token ?? token, at, once, encrypted),
  }
}
const opens = (encrypted: string, query: Parameters<typeof codec.open>[0] = signed(encrypted)) =>
  codec.open(query, encrypted)

describe('what WeCom sealed', () => {
  it('is opened: every length of message, Chinese and emoji, and a key with spare bits', () => {
    for (let length = 0; length < 70; length += 1) {
      const message = `<xml>${'字'.repeat(length)}👶</xml>`
      expect(opens(seal(aesKey, message, corpId))).toBe(message)
    }
  })

  it('is opened with the previous token and key while rotating, in any mixture, and not afterwards', () => {
    const newKey = 'A'.repeat(42) + 'B'
    const rotating = createCodec({ corpId, tokens: ['new', token], aesKeys: [newKey, aesKey] })
    for (const [key, by] of [
      [aesKey, token],
      [newKey, 'new'],
      [aesKey, 'new'],
      [newKey, token],
    ] as const) {
      const encrypted = seal(key, 'hello', corpId)
      expect(rotating.open(signed(encrypted, { token: by }), encrypted)).toBe('hello')
    }
    const after = createCodec({ corpId, tokens: ['new'], aesKeys: [newKey] })
    const old = seal(aesKey, 'hello', corpId)
    expect(after.open(signed(old), old)).toBeNull()
  })
})

describe('what is refused', () => {
  it('a letter moved between nonce and timestamp, though the joined signature stays right', () => {
    // sha1 sorts and joins, so find callbacks whose neighbours in sorted order are nonce and timestamp.
    let still = 0
    for (let n = 0; n < 200; n += 1) {
      const encrypted = seal(aesKey, `message ${String(n)}`, corpId)
      const query = signed(encrypted)
      const moves = [
        { timestamp: `${timestamp}${nonce.slice(0, 1)}`, nonce: nonce.slice(1) },
        { timestamp: timestamp.slice(0, -1), nonce: `${timestamp.slice(-1)}${nonce}` },
        { timestamp: nonce, nonce: timestamp },
      ]
      for (const moved of moves) {
        if (getSignature(token, moved.timestamp, moved.nonce, encrypted) === query.msg_signature) still += 1
        expect(opens(encrypted, { ...query, ...moved })).toBeNull()
      }
    }
    expect(still).toBeGreaterThan(0)
  })

  it('a foreign receiver, also one that only begins or ends like ours', () => {
    for (const id of [
      'wwother',
      '',
      `${corpId}x`,
      corpId.slice(1),
      corpId.slice(0, -1),
      corpId.toUpperCase(),
    ])
      expect(opens(seal(aesKey, 'hello', id))).toBeNull()
  })

  it('a length that hides bytes behind the message, though Tencent’s own package reads it', () => {
    const message = 'hello'
    for (const claimed of [0, 3, message.length - 1, message.length + 1, 0xffffffff])
      expect(opens(sealRaw(withLength(claimed, message, corpId)))).toBeNull()
    expect(opens(sealRaw(withLength(message.length, message, corpId)))).toBe(message)
    const cut = sealRaw(withLength(3, 'hello', corpId))
    expect(oracleDecrypt(aesKey, cut).message).toBe('hel')
    expect(opens(cut)).toBeNull()
  })

  it('padding that is not what was written: 0, 33, or uneven', () => {
    const plain = withLength(5, 'hello', corpId)
    const rest = 32 - (plain.length % 32)
    for (const last of [0, 33, 255]) {
      const padded = Buffer.concat([plain, Buffer.alloc(rest, last)])
      expect(opens(encryptBlocks(padded))).toBeNull()
    }
    const uneven = Buffer.concat([plain, Buffer.alloc(rest, rest)])
    uneven[plain.length] = rest === 1 ? 2 : 1
    if (rest > 1) expect(opens(encryptBlocks(uneven))).toBeNull()
  })

  it('loose base64, cut ciphertexts, wrong signatures and odd queries', () => {
    const encrypted = seal(aesKey, 'hello', corpId)
    for (let cut = 1; cut < encrypted.length; cut += 1) expect(opens(encrypted.slice(0, cut))).toBeNull()
    for (const loose of [`${encrypted} `, `${encrypted}====`, encrypted.replace(/./, '-'), '', '===='])
      expect(opens(loose)).toBeNull()
    const good = signed(encrypted)
    for (const query of [
      {},
      { ...good, msg_signature: good.msg_signature.toUpperCase() },
      { ...good, msg_signature: [good.msg_signature] },
      { ...good, msg_signature: 'é'.repeat(40) },
      { ...good, timestamp: '140965958' },
      { ...good, nonce: '' },
      { ...good, nonce: 'a-b' },
      { ...good, nonce: 'a'.repeat(65) },
      signed(encrypted, { token: 'other' }),
    ])
      expect(opens(encrypted, query)).toBeNull()
  })

  it('anything else: of 20,000 random inputs none throws, and none without the right signature opens', () => {
    const real = seal(aesKey, '<xml><Event>x</Event></xml>', corpId)
    const bytes = Buffer.from(real, 'base64')
    const flipped = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([i, x]) => {
      const copy = Buffer.from(bytes)
      copy[i] = (copy[i] ?? 0) ^ x
      return copy.toString('base64')
    })
    const input = fc.oneof(
      fc.string(),
      flipped,
      fc.uint8Array({ maxLength: 200 }).map((a) => Buffer.from(a).toString('base64')),
    )
    fc.assert(
      fc.property(input, fc.boolean(), (encrypted, rightly) => {
        const query = rightly ? signed(encrypted) : signed(encrypted, { token: 'forged' })
        const opened = opens(encrypted, query)
        // CBC lets a changed block through to a changed text; only the signature tells, and it must.
        if (!rightly) expect(opened).toBeNull()
      }),
      { numRuns: 20_000 },
    )
  })
})

function withLength(claimed: number, message: string, id: string): Buffer {
  const head = Buffer.alloc(20, 1)
  head.writeUInt32BE(claimed, 16)
  return Buffer.concat([head, Buffer.from(message + id)])
}

/** Seals these very bytes: the oracle adds padding only through its own framing, so we pad and cipher here. */
function sealRaw(plain: Buffer): string {
  const pad = 32 - (plain.length % 32)
  return encryptBlocks(Buffer.concat([plain, Buffer.alloc(pad, pad)]))
}

function encryptBlocks(padded: Buffer): string {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16))
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64')
}
