import { table } from '../base/table.ts'

/** Files that messages may carry, by the name the shop gave them. What a name means never changes. */
export const mediaFileTable = table(
  'media_file',
  {
    name: 'text key',
    /** image, video, file, voice */
    type: 'text',
    /** As the customer sees it. */
    filename: 'text',
    bytes: 'int',
    sha256: 'text',
    /** Userid, or `cli`. */
    added_by: 'text',
    added_at: 'int',
  },
  { index: [['sha256']] },
)

/** Their bytes in base64, in pieces, once for each content: so every server and every backup has them. */
export const mediaPieceTable = table('media_piece', {
  sha256: 'text key',
  piece: 'int key',
  data: 'text',
})

export const contentTables = [mediaFileTable, mediaPieceTable]
