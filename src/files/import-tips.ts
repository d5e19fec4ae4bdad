/** A week's tips from a spreadsheet: which interest, which words, and the day they are meant for, if any. */
import { dayOf } from '../base/calendar.ts'
import { saveTips, tipBytes, tipId } from '../cadence/index.ts'
import type { TipRow } from '../cadence/index.ts'
import { checkWording } from '../content/index.ts'
import { cellAt, findColumns, parseMap, requireColumns } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import { createDateReader } from './dates.ts'
import type { DateReader } from './dates.ts'
import { costSince, mustHoldRows, tellOfRejects } from './import.ts'
import type { Cost, ImportOptions, ImportParts } from './import.ts'
import { openRejects } from './rejects.ts'
import { openRowFile } from './row-file.ts'
import { bad } from './values.ts'
import type { Parsed } from './values.ts'

export interface TipsImported extends Cost {
  readonly lines: number
  /** Different ones. */
  readonly tips: number
  readonly imported: number
  readonly rejected: number
}

const tipColumns: readonly ColumnSpec[] = [
  { name: 'interest', headers: ['interest', 'group', '兴趣', '社群兴趣', '社群', '话题', '主题'] },
  { name: 'text', headers: ['text', 'tip', 'content', '内容', '干货', '话术', '文案'] },
  { name: 'date', headers: ['date', 'day', '日期', '发送日期', '哪天'] },
]

const mostTips = 2_000
const mostInterest = 20
/** A plan may be made for a year to come. */
const aheadMs = 400 * 86_400_000

export async function importTips(parts: ImportParts, options: ImportOptions): Promise<TipsImported> {
  const startedAt = parts.clock.steady()
  const now = parts.clock.now()
  const file = await openRowFile(options.file, options)
  const map = parseMap(options.map ?? '', tipColumns)
  const { columns, firstIsHeader } = findColumns(file.first, map, tipColumns, () => false, file.own)
  requireColumns(columns, [['interest'], ['text']], file.first)
  const readDate = createDateReader({
    format: options.dateFormat,
    zone: options.zone,
    notAfter: now + aheadMs,
  })
  const rejects = openRejects(options.errorsFile ?? `${options.file}.errors.csv`, options.dryRun === true)
  const tips = new Map<string, TipRow>()
  let lines = 0
  let header = firstIsHeader
  try {
    for await (const { line, raw, cells, broken } of file.records) {
      if (header && cells) {
        header = false
        continue
      }
      lines += 1
      const tip: Parsed<Omit<TipRow, 'source' | 'added_at'>> =
        tips.size >= mostTips
          ? bad(`there are more than ${String(mostTips)} tips`, 'split the file')
          : cells
            ? readTip(cells, columns, readDate)
            : bad(broken ?? 'the row cannot be read', 'correct the line')
      if (!tip.ok) await rejects.add(line, tip.why, tip.fix, raw)
      // The same words twice: the later line says on which day.
      else
        tips.set(`${tip.value.interest}\n${tip.value.id}`, {
          ...tip.value,
          source: 'file',
          // In the order of the file.
          added_at: now + lines,
        })
    }
  } finally {
    await rejects.close()
  }
  mustHoldRows(lines, options.file, 'tip')
  if (options.dryRun !== true)
    await parts.act({ kind: 'cli', verb: 'import' }, (ctx) => saveTips(ctx, [...tips.values()]))
  tellOfRejects(rejects, options)
  return {
    lines,
    tips: tips.size,
    imported: lines - rejects.count(),
    rejected: rejects.count(),
    ...costSince(parts.clock, startedAt),
  }
}

function readTip(
  cells: readonly string[],
  columns: Columns,
  readDate: DateReader,
): Parsed<Omit<TipRow, 'source' | 'added_at'>> {
  const interest = cellAt(cells, columns, 'interest')
  const text = cellAt(cells, columns, 'text')
  if (interest === '' || interest.length > mostInterest)
    return bad(
      interest === '' ? 'the interest is empty' : 'the interest is too long',
      `write the interest of the groups it is for, at most ${String(mostInterest)} characters`,
    )
  if (text === '') return bad('the tip is empty', 'write the tip')
  const [mistake] = checkWording(text, { view: 'group', maxBytes: tipBytes })
  if (mistake) return bad(mistake.messageEn, mistake.fixEn)
  const date = cellAt(cells, columns, 'date')
  if (date === '') return { ok: true, value: { interest, id: tipId(text), text, on_day: null } }
  const on = readDate(date)
  return on.ok ? { ok: true, value: { interest, id: tipId(text), text, on_day: dayOf(on.value) } } : on
}
