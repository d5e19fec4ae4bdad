/** Summaries that somebody else made, one customer or one group of customers a row. */
import { Refusal } from '../base/errors.ts'
import { cellAt, findColumns, parseMap, requireColumns } from '../files/columns.ts'
import type { ColumnSpec } from '../files/columns.ts'
import { openRowFile } from '../files/row-file.ts'
import type { ClvModel, ClvSummaryRow } from '../segment/index.ts'

const specs: readonly ColumnSpec[] = [
  { name: 'x', headers: ['x', 'frequency', 'freq'] },
  { name: 'tx', headers: ['t_x', 'tx', 't.x', 'recency'] },
  { name: 'T', headers: ['t', 't.cal', 'age', 'periods', 'n', 'n_periods', 'n.cal'] },
  { name: 'm', headers: ['m_x', 'mx', 'm.x', 'zbar', 'monetary_value', 'mean_spend'] },
  { name: 'weight', headers: ['weight', 'weights', 'customers', 'custs', 'count'] },
]

/** Half a day of rounding: published summaries carry two decimals. */
const rounding = 0.01
const mostNamed = 5

export async function readSummaries(
  path: string,
  model: ClvModel,
  mapText: string | undefined,
): Promise<ClvSummaryRow[]> {
  const file = await openRowFile(path, {})
  const { columns, firstIsHeader } = findColumns(
    file.first,
    parseMap(mapText ?? '', specs),
    specs,
    () => true,
  )
  requireColumns(columns, model === 'gamma-gamma' ? [['x'], ['m']] : [['x'], ['tx'], ['T']], file.first)
  const rows: ClvSummaryRow[] = []
  const wrong: string[] = []
  let header = firstIsHeader
  for await (const { line, cells, broken } of file.records) {
    if (header && cells) {
      header = false
      continue
    }
    if (!cells) {
      wrong.push(`line ${String(line)}: ${broken ?? 'cannot be read'}`)
      continue
    }
    const value = (name: string): number | null => {
      const cell = cellAt(cells, columns, name)
      return cell === '' ? null : Number(cell)
    }
    const row = {
      x: value('x') ?? NaN,
      tx: value('tx') ?? (model === 'gamma-gamma' ? 0 : NaN),
      T: value('T') ?? (model === 'gamma-gamma' ? 0 : NaN),
      m: value('m') ?? 0,
      weight: value('weight') ?? 1,
    }
    const mistake = mistakeOf(row, model)
    if (mistake === null) rows.push(model === 'bg-bb' ? row : { ...row, T: Math.max(row.T, row.tx) })
    else wrong.push(`line ${String(line)}: ${mistake}`)
  }
  if (wrong.length > 0)
    throw new Refusal(
      'clv-file',
      `${String(wrong.length)} rows of ${path} cannot be used: ${wrong.slice(0, mostNamed).join('; ')}${wrong.length > mostNamed ? '; …' : ''}`,
      400,
      { fix: 'Mend these rows; a fit on the rest would be a fit on other customers.' },
    )
  if (rows.length === 0)
    throw new Refusal('file-empty', `The file ${path} holds a heading and no rows.`, 400, {
      fix: 'It should hold x, t_x, T (frequency, recency, periods) a row.',
    })
  return rows
}

function mistakeOf({ x, tx, T, m, weight }: Required<ClvSummaryRow>, model: ClvModel): string | null {
  if (!Number.isInteger(x) || x < 0) return 'x is not a whole number of repeat purchases'
  if (!Number.isFinite(weight) || weight < 0) return 'the weight is not a number from 0 on'
  if (!Number.isFinite(m) || m < 0) return 'the mean spend is not a number from 0 on'
  if (model === 'gamma-gamma') return null
  if (!Number.isFinite(tx) || tx < 0) return 't_x is not a number from 0 on'
  if (!Number.isFinite(T) || T < 0) return 'T is not a number from 0 on'
  if (tx > T + rounding) return 't_x is after T'
  if ((x === 0) !== (tx === 0)) return 'x and t_x contradict each other: without repeat purchases t_x is 0'
  if (model !== 'bg-bb') return null
  if (!Number.isInteger(tx) || !Number.isInteger(T)) return 'BG/BB needs whole opportunities in t_x and T'
  return x > tx ? 'more purchases than opportunities until the last of them' : null
}
