import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import type { MediaUse } from '../content/index.ts'

export interface Upload {
  readonly media_id: string
  readonly uploaded_at: number
}

export async function uploadOf(reader: Reader, sha256: string, use: MediaUse): Promise<Upload | null> {
  const [row] = await reader.rows<Upload>(
    'select media_id, uploaded_at from media_upload where sha256 = $1 and purpose = $2',
    [sha256, use],
  )
  return row ?? null
}

/** Of two servers that uploaded side by side the later one stays; both ids are good. */
export const storeUpload = (
  tx: Tx,
  file: { readonly sha256: string; readonly use: MediaUse },
  mediaId: string,
  at: Instant,
): Promise<number> =>
  tx.run(
    `INSERT INTO media_upload (sha256, purpose, media_id, uploaded_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (sha256, purpose) DO UPDATE SET media_id = excluded.media_id, uploaded_at = excluded.uploaded_at`,
    [file.sha256, file.use, mediaId, at],
  )

export const forgetUpload = (tx: Tx, mediaId: string): Promise<number> =>
  tx.run('DELETE FROM media_upload WHERE media_id = $1', [mediaId])

export const forgetOld = (tx: Tx, before: Instant): Promise<number> =>
  tx.run(`DELETE FROM media_upload WHERE uploaded_at < $1 AND purpose <> 'picture'`, [before])
