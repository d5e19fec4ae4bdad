import type { Reader, Tx } from '../base/db.ts'
import type { MediaFile } from './media.ts'

interface FileRow {
  readonly name: string
  readonly type: MediaFile['type']
  readonly filename: string
  readonly bytes: number
  readonly sha256: string
  readonly added_by: string
  readonly added_at: number
}

const fileOf = ({ added_by: addedBy, added_at: addedAt, ...row }: FileRow): MediaFile => ({
  ...row,
  addedBy,
  addedAt,
})

export const mediaFiles = async (reader: Reader): Promise<MediaFile[]> =>
  (await reader.rows<FileRow>('select * from media_file order by added_at desc, name')).map(fileOf)

export async function mediaFile(reader: Reader, name: string): Promise<MediaFile | null> {
  const [row] = await reader.rows<FileRow>('select * from media_file where name = $1', [name])
  return row ? fileOf(row) : null
}

/** False when the name is taken. */
export const insertFile = async (tx: Tx, { addedBy, addedAt, ...file }: MediaFile): Promise<boolean> =>
  (await tx.insert(
    'media_file',
    [{ ...file, added_by: addedBy, added_at: addedAt }],
    'ON CONFLICT (name) DO NOTHING',
  )) === 1

/** Of base64 text a row: three bytes are four letters, so pieces are cut at a multiple of three. */
const pieceBytes = 3 * 131_072
/** A few megabytes in a statement. */
const piecesAtOnce = 8

export async function insertBytes(tx: Tx, sha256: string, bytes: Buffer): Promise<void> {
  const [known] = await tx.rows('select piece from media_piece where sha256 = $1 limit 1', [sha256])
  if (known) return
  const rows = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, piece) => ({
    sha256,
    piece,
    data: bytes.toString('base64', piece * pieceBytes, (piece + 1) * pieceBytes),
  }))
  for (let from = 0; from < rows.length; from += piecesAtOnce)
    await tx.insert(
      'media_piece',
      rows.slice(from, from + piecesAtOnce),
      'ON CONFLICT (sha256, piece) DO NOTHING',
    )
}

export async function readBytes(reader: Reader, sha256: string): Promise<Buffer> {
  const rows = await reader.rows<{ data: string }>(
    'select data from media_piece where sha256 = $1 order by piece',
    [sha256],
  )
  return Buffer.concat(rows.map(({ data }) => Buffer.from(data, 'base64')))
}

export async function deleteFile(tx: Tx, { name, sha256 }: MediaFile): Promise<void> {
  await tx.run('DELETE FROM media_file WHERE name = $1', [name])
  await tx.run(
    'DELETE FROM media_piece WHERE sha256 = $1 AND NOT EXISTS (SELECT 1 FROM media_file WHERE sha256 = $2)',
    [sha256, sha256],
  )
}
