/** A draft as the console lists it: pure. */
import { isoOf } from '../../base/calendar.ts'
import type { DraftRow } from '../../cadence/index.ts'
import type { CadenceDraftItem } from '../contract.ts'

const handName = (name: string): string => (name === 'cli' ? '命令行' : name)

export const draftItem = (row: DraftRow, userid: string, mistakes: number): CadenceDraftItem => ({
  id: row.id,
  state: row.state,
  note: row.note,
  author: handName(row.author_name),
  mine: row.author === userid.toLowerCase(),
  baseVersion: row.base_version,
  ...(row.rolls_back_to === null ? {} : { rollsBackTo: row.rolls_back_to }),
  ...(row.decided_name === null ? {} : { decidedBy: handName(row.decided_name) }),
  ...(row.decided_at === null ? {} : { decidedAt: isoOf(row.decided_at) }),
  words: row.words,
  ...(row.published_version === null ? {} : { publishedVersion: row.published_version }),
  epoch: row.epoch,
  hash: row.hash,
  changedAt: isoOf(row.changed_at),
  mistakes,
})
