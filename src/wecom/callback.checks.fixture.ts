/**
 * R8: hostile callbacks against everything between the request and the commit: envelope, signature, decryption, body,
 * happening. Whoever forges one knows what WeCom sends but neither token nor key; what WeCom itself sealed is taken,
 * whatever its words. Tencent's own package seals.
 */
import { encrypt, getSignature } from '@wecom/crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import { receive } from './callback.ts'
import { createCodec } from './protocol/codec.ts'
import type { SignedQuery } from './protocol/codec.ts'
import { scanFields } from './protocol/scan.ts'

const corpId = 'ww5823bf96d3bd56c7'
const inbox = { corpId, agentId: '1000002' }
const token = 'QDG6eK'
const aesKey = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C'
const codec = createCodec({ corpId, tokens: [token], aesKeys: [aesKey] })
const now = 1_779_240_000_000
const second = String(now / 1_000)
const nonce = '263014780'

interface Input {
  readonly kind: 'genuine' | 'forged' | 'odd'
  readonly query: SignedQuery
  readonly raw: string
}

/** What the door does before it records (http/callback.ts). */
function open({ query, raw }: Input): boolean {
  const encrypted = scanFields(raw)?.get('Encrypt')
  const body = encrypted === undefined ? null : codec.open(query, encrypted)
  return body !== null && receive(inbox, body, now) !== null
}

const envelope = (encrypted: string): string =>
  `<xml><ToUserName><![CDATA[${corpId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID></AgentID></xml>`

function signed(encrypted: string, by = token): SignedQuery {
  return { timestamp: second, nonce, msg_signature: getSignature(by, second, nonce, encrypted) }
}

/** CDATA ends where it ends: the words themselves cannot hold that. */
const cdata = (words: string): string => `<![CDATA[${words.replaceAll(']]>', ']] >')}]]>`

const bodyOf = (change: string, fields: readonly (readonly [string, string])[], corp = corpId): string =>
  `<xml><ToUserName>${cdata(corp)}</ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>${second}</CreateTime>` +
  `<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType>${cdata(change)}</ChangeType>` +
  `${fields.map(([name, words]) => `<${name}>${cdata(words)}</${name}>`).join('')}</xml>`

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '<xml>',
    ']]',
    '&amp;',
    '\u0000',
    '👩‍👧',
    '"',
    '</Encrypt>',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '٣'.repeat(300),
  ),
)
const fieldName = fc.constantFrom(
  'UserID',
  'ExternalUserID',
  'State',
  'WelcomeCode',
  'MemChangeList',
  'Extra',
  'ChatId',
)
const body = fc
  .tuple(
    fc.constantFrom('add_external_contact', 'del_follow_user', 'edit_external_contact', 'unheard_of'),
    fc.array(fc.tuple(fieldName, words), { maxLength: 6 }),
  )
  .map(([change, fields]) => bodyOf(change, fields))

const genuine = body.map((text): Input => {
  const encrypted = encrypt(aesKey, text, corpId)
  return { kind: 'genuine', query: signed(encrypted), raw: envelope(encrypted) }
})

/** Ways in which a genuine one is changed on its way, or made by somebody who has no key. */
const forgeries: readonly ((text: string, n: number, byte: number) => Omit<Input, 'kind'>)[] = [
  (text) => {
    const encrypted = encrypt(aesKey, text, corpId)
    return { query: signed(encrypted, 'another'), raw: envelope(encrypted) }
  },
  (text, n, byte) => {
    const encrypted = encrypt(aesKey, text, corpId)
    const bytes = Buffer.from(encrypted, 'base64')
    const at = n % bytes.length
    bytes[at] = (bytes[at] ?? 0) ^ byte
    return { query: signed(encrypted), raw: envelope(bytes.toString('base64')) }
  },
  (text, n) => {
    const encrypted = encrypt(aesKey, text, corpId)
    return { query: signed(encrypted), raw: envelope(encrypted.slice(0, n % encrypted.length)) }
  },
  (text, n) => {
    const encrypted = encrypt(aesKey, text, corpId)
    const raw = envelope(encrypted)
    // Cut inside the sealed text or before it: what follows it may be missing without harm to anybody.
    return { query: signed(encrypted), raw: raw.slice(0, n % (raw.indexOf(encrypted) + encrypted.length)) }
  },
  (text) => {
    const encrypted = encrypt(aesKey, text, 'ww0000000000000000')
    return { query: signed(encrypted), raw: envelope(encrypted) }
  },
  (text) => {
    const encrypted = encrypt(aesKey.replace('W', 'X'), text, corpId)
    return { query: signed(encrypted), raw: envelope(encrypted) }
  },
  (text, n) => {
    const encrypted = encrypt(aesKey, text, corpId)
    return {
      query: { ...signed(encrypted), timestamp: String(Number(second) + 1 + (n % 9_999)) },
      raw: envelope(encrypted),
    }
  },
  () => {
    const encrypted = encrypt(aesKey, bodyOf('add_external_contact', [], 'ww0000000000000000'), corpId)
    return { query: signed(encrypted), raw: envelope(encrypted) }
  },
]
const forged = fc
  .tuple(body, fc.constantFrom(...forgeries), fc.nat(5_000), fc.integer({ min: 1, max: 255 }))
  .map(([text, forge, n, byte]): Input => ({ kind: 'forged', ...forge(text, n, byte) }))

const pieces = fc.constantFrom(
  '<xml>',
  '</xml>',
  '<A>',
  '</A>',
  '<![CDATA[',
  ']]>',
  '<Encrypt>',
  '</Encrypt>',
  '<',
  '>',
  'x',
  '&#0;',
  '<!',
  '\ud800',
)
const litter = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(pieces, { maxLength: 60 }).map((some) => some.join('')),
  fc.nat(12_000).map((n) => `<xml>${'<A>'.repeat(n)}`),
  fc.nat(6_000).map((n) => `<xml><A>${'<![CDATA[]]>'.repeat(n)}</A></xml>`),
)
const anything = fc.oneof(
  fc.string(),
  fc.constant(undefined),
  fc.array(fc.string(), { maxLength: 2 }),
  fc.integer(),
)
/** Litter outside, or inside of what WeCom sealed: nothing may throw, and of the latter none is a callback by chance. */
const odd = fc.oneof(
  fc.tuple(litter, anything, anything, anything).map(([raw, a, b, c]): Input => ({
    kind: 'odd',
    query: { msg_signature: a, timestamp: b, nonce: c },
    raw,
  })),
  litter.map((inside): Input => {
    const encrypted = encrypt(aesKey, inside, corpId)
    return { kind: 'odd', query: signed(encrypted), raw: envelope(encrypted) }
  }),
)

export interface Fuzzed {
  readonly seed: number
  readonly inputs: number
  readonly genuine: number
  readonly accepted: number
  readonly forgedAccepted: number
  readonly oddAccepted: number
  readonly slowestMs: number
}

const takenAs = { genuine: 'accepted', forged: 'forgedAccepted', odd: 'oddAccepted' } as const
const slowMs = 5

/** A stall of the machine hits one try, a slow input every one. */
function timed(input: Input): { readonly accepted: boolean; readonly ms: number } {
  let least = Infinity
  let accepted = false
  for (let tries = 0; tries < 5 && least > slowMs; tries += 1) {
    const startedAt = performance.now()
    const before = process.cpuUsage()
    accepted = open(input)
    const { user, system } = process.cpuUsage(before)
    // Whichever is less: others may have had the processor meanwhile, or other threads of ours used it.
    least = Math.min(least, performance.now() - startedAt, (user + system) / 1000)
  }
  return { accepted, ms: least }
}

/** Throws with the smallest input that breaks a rule. */
export function fuzzCallbacks(inputs: number, seed: number): Fuzzed {
  const counts = { genuine: 0, accepted: 0, forgedAccepted: 0, oddAccepted: 0, slowestMs: 0 }
  fc.assert(
    fc.property(fc.oneof(genuine, forged, forged, odd), (input) => {
      const { accepted, ms } = timed(input)
      if (input.kind === 'genuine') counts.genuine += 1
      if (accepted) counts[takenAs[input.kind]] += 1
      counts.slowestMs = Math.max(counts.slowestMs, ms)
      expect([input.kind, accepted]).toEqual([input.kind, input.kind === 'genuine'])
      expect(ms).toBeLessThanOrEqual(slowMs)
    }),
    { numRuns: inputs, seed },
  )
  return { seed, inputs, ...counts, slowestMs: Math.round(counts.slowestMs * 100) / 100 }
}
