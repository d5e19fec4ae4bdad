/**
 * Signature and encryption of callbacks (WECOM.md §2.3), stricter than the protocol asks.
 *
 * The signature sorts its four strings and joins them without a separator, so a letter can move between nonce and
 * timestamp with the signature still right. Hence fixed shapes for both, every byte of the plaintext accounted for, and
 * judging of duplicates and age by the decrypted body only. Whatever is wrong, the answer and the work are the same, so
 * that neither tells a forger how far he got.
 */
import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'

export interface CodecKeys {
  readonly corpId: string
  /** The token in force first; while rotating also the previous one. */
  readonly tokens: readonly string[]
  /** EncodingAESKeys, in the same order. */
  readonly aesKeys: readonly string[]
}

/** The query of a callback as it arrived; anything may be missing or repeated. */
export interface SignedQuery {
  readonly msg_signature?: unknown
  readonly timestamp?: unknown
  readonly nonce?: unknown
}

export interface Codec {
  /** The plaintext of a callback, or null when anything at all is wrong. */
  open(query: SignedQuery, encrypted: string): string | null
  /**
   * The plaintext of what `open` refused although it is signed and sealed with our keys: it is addressed to another
   * receiver. Only for telling the person who runs this; it is never taken and never answered differently.
   */
  openForOthers(query: SignedQuery, encrypted: string): string | null
}

/** random(16) and length(4) in front of every message. */
const headBytes = 20
const maxPad = 32

export function createCodec({ corpId, tokens, aesKeys }: CodecKeys): Codec {
  const keys = aesKeys.map(keyOf)
  const receiver = Buffer.from(corpId)
  const openFor =
    (isReceiver: (to: Buffer) => boolean) =>
    (query: SignedQuery, encrypted: string): string | null => {
      const { msg_signature: signature, timestamp, nonce } = query
      if (typeof signature !== 'string' || !/^[0-9a-f]{40}$/.test(signature)) return null
      if (typeof timestamp !== 'string' || !/^\d{10}$/.test(timestamp)) return null
      if (typeof nonce !== 'string' || !/^[0-9A-Za-z]{1,64}$/.test(nonce)) return null
      const cipher = cipherOf(encrypted)
      if (cipher === null) return null
      const given = Buffer.from(signature, 'latin1')
      let signed = false
      for (const token of tokens) {
        const right = Buffer.from(signatureOf(token, timestamp, nonce, encrypted), 'latin1')
        // No short cut: a wrong signature costs what a right one costs.
        signed = timingSafeEqual(given, right) || signed
      }
      let message: string | null = null
      for (const key of keys) message = messageOf(decrypt(key, cipher), isReceiver) ?? message
      return signed ? message : null
    }
  return {
    open: openFor((to) => to.length === receiver.length && timingSafeEqual(to, receiver)),
    openForOthers: openFor((to) => !to.equals(receiver)),
  }
}

/** Real keys have spare bits set in their 43rd letter, so they are never compared with their own re-encoding. */
function keyOf(aesKey: string): Buffer {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  if (!/^[A-Za-z0-9+/]{43}$/.test(aesKey) || key.length !== 32)
    throw new TypeError('An EncodingAESKey has 43 letters and digits and decodes to 32 bytes.')
  return key
}

export const signatureOf = (token: string, timestamp: string, nonce: string, encrypted: string): string =>
  createHash('sha1').update([token, timestamp, nonce, encrypted].sort().join('')).digest('hex')

/** Node's base64 decoder skips what it does not know; we do not. */
function cipherOf(encrypted: string): Buffer | null {
  if (encrypted.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) return null
  const cipher = Buffer.from(encrypted, 'base64')
  return cipher.length >= maxPad && cipher.length % 16 === 0 ? cipher : null
}

function decrypt(key: Buffer, cipher: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16))
  // Blocks are padded to 32 bytes, which Node's own unpadding refuses.
  decipher.setAutoPadding(false)
  return Buffer.concat([decipher.update(cipher), decipher.final()])
}

/** random(16) ‖ length(4, big-endian) ‖ message ‖ receiver ‖ padding, to the last byte. */
function messageOf(plain: Buffer, isReceiver: (to: Buffer) => boolean): string | null {
  const pad = plain[plain.length - 1] ?? 0
  if (pad < 1 || pad > maxPad || pad > plain.length) return null
  const end = plain.length - pad
  for (let i = end; i < plain.length; i += 1) if (plain[i] !== pad) return null
  if (end < headBytes) return null
  const receiverAt = headBytes + plain.readUInt32BE(16)
  if (receiverAt > end || !isReceiver(plain.subarray(receiverAt, end))) return null
  return plain.toString('utf8', headBytes, receiverAt)
}
