import { table } from '../base/table.ts'

/**
 * What WeCom calls a file, by its content and what it is for: `media_id`, good for three days (WECOM.md §8), or for
 * `picture` an address that stays.
 */
export const mediaUploadTable = table('media_upload', {
  sha256: 'text key',
  purpose: 'text key',
  media_id: 'text',
  uploaded_at: 'int',
})
