/** A file as WeCom's uploads want it: one form field `media` that tells its name and length (WECOM.md §8). */
import { randomUUID } from 'node:crypto'

export interface FormFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** Media type, as `image/png`. */
  readonly type?: string
}

export interface Form {
  readonly body: Buffer
  readonly contentType: string
}

const escapes: Readonly<Record<string, string>> = { '"': '%22', '\r': '%0D', '\n': '%0A' }
const escaped = (name: string): string => name.replace(/["\r\n]/g, (sign) => escapes[sign] ?? '')

export function formOf({ name, bytes, type = 'application/octet-stream' }: FormFile): Form {
  const boundary = `siyu-${randomUUID()}`
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="media"; filename="${escaped(name)}"; filelength=${String(bytes.length)}`,
    `Content-Type: ${type}`,
    '',
    '',
  ].join('\r\n')
  return {
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  }
}
