import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** The callback cipher of WECOM.md §2.3, written from the description, on the sending side. */
export interface Codec {
  sign(timestamp: string, nonce: string, encrypted: string): string
  encrypt(message: string, random16: Buffer): string
  /** Throws on anything that is not exactly what `encrypt` makes. */
  decrypt(encrypted: string): string
}

const block = 32

export function createCodec(token: string, encodingAesKey: string, receiveId: string): Codec {
  if (!/^[A-Za-z0-9]{43}$/.test(encodingAesKey)) throw new Error('An EncodingAESKey is 43 letters or digits.')
  if (!/^[A-Za-z0-9]{1,32}$/.test(token)) throw new Error('A callback token is 1 to 32 letters or digits.')
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  const iv = key.subarray(0, 16)
  const receiver = Buffer.from(receiveId, 'utf8')
  return {
    sign: (timestamp, nonce, encrypted) =>
      createHash('sha1').update([token, timestamp, nonce, encrypted].sort().join('')).digest('hex'),
    encrypt(message, random16) {
      const body = Buffer.from(message, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      const plain = Buffer.concat([random16, length, body, receiver])
      // The pad is never empty: a full block follows when the text already fits.
      const pad = block - (plain.length % block)
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      return Buffer.concat([
        cipher.update(plain),
        cipher.update(Buffer.alloc(pad, pad)),
        cipher.final(),
      ]).toString('base64')
    },
    decrypt(encrypted) {
      const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      const padded = Buffer.concat([decipher.update(Buffer.from(encrypted, 'base64')), decipher.final()])
      const pad = padded.at(-1) ?? 0
      if (pad < 1 || pad > block) throw new Error('The padding is wrong.')
      const plain = padded.subarray(0, padded.length - pad)
      const length = plain.readUInt32BE(16)
      if (!plain.subarray(20 + length).equals(receiver)) throw new Error('The receiver is wrong.')
      return plain.subarray(20, 20 + length).toString('utf8')
    },
  }
}
