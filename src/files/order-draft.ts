/** From the lines of one order to what the log shall hold of it. Pure: no database, no clock. */
import type { Happening, Who } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { sha256 } from '../base/ids.ts'
import { saysOf } from './order-line.ts'
import type { OrderLine } from './order-line.ts'
import type { Item } from './values.ts'

export const orderSource = 'import:orders'

/** The whole taken back so far, as a status or a refund column says it: told again and again with each export. */
export interface RefundTotal {
  /** Null: everything. */
  readonly fen: number | null
  readonly at: Instant
}

export interface OrderDraft {
  /** '' when the file gives none. */
  readonly orderId: string
  readonly customer: string
  readonly who: Who
  /** Absent when the lines hold only refunds, or the order was never bought. */
  readonly order: Happening | null
  readonly amountFen: number
  /** Refunds on lines of their own: each is a happening by itself. */
  readonly refunds: readonly Happening[]
  readonly total: RefundTotal | null
  readonly delivered: Happening | null
  readonly leftOut: 'cancelled' | 'unpaid' | 'refunded' | null
  /** Where it stands in the file, for whoever must refuse it later. */
  readonly line: number
  readonly raw: string
  /** Lines of the file behind it. */
  readonly lines: number
  /** Lines that said the same as another line of this order. */
  readonly repeated: number
}

export interface Refused {
  readonly line: number
  readonly raw: string
  readonly why: string
  readonly fix: string
}

export interface Drafted {
  readonly drafts: readonly OrderDraft[]
  readonly refused: readonly Refused[]
}

const maxItemsOfOrder = 1_000
const fenOf = ({ orderFen, fen }: OrderLine): number => orderFen ?? fen ?? 0

/** Lines of one order id, or equal lines without one. */
export function draftOrders(lines: readonly OrderLine[], byItem: boolean): Drafted {
  const [first] = lines
  if (!first) return { drafts: [], refused: [] }
  if (first.orderId === '' && first.refused !== true) return { drafts: lines.map(withoutId), refused: [] }
  const broken = lines.find(({ refused }) => refused === true)
  if (broken) {
    // Once an order is in, a corrected line could not be added: better the whole order after the correction.
    return refuseAll(
      lines.filter(({ refused }) => refused !== true),
      `order ${first.orderId} has a refused line (${String(broken.line)}), so none of its lines is taken`,
      'correct that line and import the file again',
    )
  }
  const stranger = lines.find(({ customer }) => customer !== first.customer)
  if (stranger && byItem)
    return refuseAll(
      lines,
      `order ${first.orderId} stands on lines ${String(first.line)} and ${String(stranger.line)} with different customers`,
      'an order belongs to one customer: correct the lines',
    )
  return byItem ? byItems(lines) : byOrder(lines)
}

const refuseAll = (lines: readonly OrderLine[], why: string, fix: string): Drafted => ({
  drafts: [],
  refused: lines.map(({ line, raw }) => ({ line, raw, why, fix })),
})

// ------------------------------------------------------------------ lines without an order id

function withoutId(line: OrderLine, index: number): OrderDraft {
  // The nth equal row of a file is the same row in each run, and another one than the first.
  const sourceKey = `row:${sha256(`${saysOf(line)} ${String(index + 1)}`).slice(0, 32)}`
  const leftOut = line.state === 'bought' ? null : line.state
  return {
    ...blank(line),
    order: leftOut === null ? orderOf(line, sourceKey, fenOf(line), line.items) : null,
    amountFen: fenOf(line),
    leftOut,
  }
}

// ------------------------------------------------------------------ one line per order

function byOrder(lines: readonly OrderLine[]): Drafted {
  const buys = lines.filter((line) => fenOf(line) >= 0)
  const [first] = buys
  const same = buys.filter((line) => first !== undefined && saysOf(line) === saysOf(first))
  const refused = buys
    .filter((line) => !same.includes(line))
    .map(({ line, raw, orderId }) => ({
      line,
      raw,
      why: `order ${orderId} stands on line ${String(first?.line ?? 0)} with another customer, date or amount; one line per order is expected`,
      fix: 'map the column of the article with --map sku=… if the file has a line per item',
    }))
  const backs = refundsOf(lines.filter((line) => fenOf(line) < 0))
  if (!first) return { drafts: backs.length === 0 ? [] : [onlyRefunds(lines, backs)], refused }
  const latest = same.find(({ state }) => state === 'refunded') ?? first
  const amountFen = fenOf(first)
  const draft = {
    ...whole(first, latest.state, amountFen, first.items),
    refunds: backs,
    total: totalOf(same, amountFen),
    lines: lines.length - refused.length,
    repeated: same.length - 1,
  }
  return { drafts: [draft], refused }
}

// ------------------------------------------------------------------ one line per item

function byItems(all: readonly OrderLine[]): Drafted {
  const lines = all.filter(({ state }) => state === 'bought' || state === 'refunded')
  const [first = all[0]] = lines
  if (!first) return { drafts: [], refused: [] }
  if (lines.length === 0) {
    const amountFen = sum(all.map(({ fen }) => fen ?? 0))
    return { drafts: [{ ...whole(first, first.state, amountFen, []), lines: all.length }], refused: [] }
  }
  const buys = lines.filter(({ fen }) => (fen ?? 0) >= 0)
  const at = Math.min(...(buys.length > 0 ? buys : lines).map((line) => line.at))
  // A negative line of the same instant belongs to the sum (a discount, something handed back at the till).
  const parts = lines.filter((line) => (line.fen ?? 0) >= 0 || line.at <= at)
  const backs = refundsOf(lines.filter((line) => !parts.includes(line)))
  if (buys.length === 0) return { drafts: [onlyRefunds(all, refundsOf(lines))], refused: [] }
  const said = [...new Set(parts.flatMap(({ orderFen }) => orderFen ?? []))]
  const amountFen = said.length > 0 ? (said[0] ?? 0) : sum(parts.map(({ fen }) => fen ?? 0))
  const trouble = troubleOf(said, amountFen, buys.length, first.orderId)
  if (trouble) return refuseAll(all, ...trouble)
  const items = buys.flatMap((line) => line.items)
  const draft: OrderDraft = {
    ...whole({ ...first, at }, 'bought', amountFen, items),
    refunds: backs,
    total: totalOf(parts, amountFen),
    lines: all.length,
  }
  return { drafts: [draft], refused: [] }
}

function troubleOf(
  said: readonly number[],
  amountFen: number,
  lines: number,
  orderId: string,
): [string, string] | null {
  if (said.length > 1)
    return [
      `order ${orderId} has lines with different amounts for the whole order`,
      'map the amount of the line with --map amount=… instead',
    ]
  if (amountFen < 0)
    return [
      `the lines of order ${orderId} add up to less than nothing`,
      'give what came back on lines with the id of the order it was bought with',
    ]
  return lines > maxItemsOfOrder
    ? [
        `order ${orderId} has more than ${String(maxItemsOfOrder)} lines`,
        'check that the order id is mapped rightly',
      ]
    : null
}

// ------------------------------------------------------------------ parts of a draft

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

const blank = (line: OrderLine): Omit<OrderDraft, 'order' | 'amountFen' | 'leftOut'> => ({
  orderId: line.orderId,
  customer: line.customer,
  who: line.who,
  refunds: [],
  total: null,
  delivered: null,
  line: line.line,
  raw: line.raw,
  lines: 1,
  repeated: 0,
})

function whole(
  line: OrderLine,
  state: OrderLine['state'],
  amountFen: number,
  items: readonly Item[],
): OrderDraft {
  const leftOut = state === 'cancelled' || state === 'unpaid' ? state : null
  return {
    ...blank(line),
    order: leftOut === null ? orderOf(line, `order:${line.orderId}`, amountFen, items) : null,
    amountFen,
    leftOut,
    delivered:
      leftOut === null && line.deliveredAt !== null
        ? {
            kind: 'order-delivered',
            at: line.deliveredAt,
            source: orderSource,
            sourceKey: `delivered:${line.orderId}`,
            who: line.who,
            detail: { orderId: line.orderId },
          }
        : null,
  }
}

const orderOf = (
  { at, who, orderId, paidAt }: OrderLine,
  sourceKey: string,
  amountFen: number,
  items: readonly Item[],
): Happening => ({
  kind: 'order-placed',
  at,
  source: orderSource,
  sourceKey,
  who,
  detail: {
    ...(orderId === '' ? {} : { orderId }),
    amountFen,
    items,
    ...(paidAt === null ? {} : { paidAt }),
  },
})

/** Equal refund lines of one instant are one refund: the same file, exported with overlap. */
function refundsOf(lines: readonly OrderLine[]): Happening[] {
  const byKey = new Map<string, Happening>()
  for (const line of lines) {
    const fen = -fenOf(line)
    const sourceKey = `refund:${line.orderId}:${line.at.toString(36)}:${String(fen)}`
    byKey.set(sourceKey, refundOf(line.who, line.orderId, sourceKey, fen, line.at))
  }
  return [...byKey.values()]
}

export const refundOf = (
  who: Who,
  orderId: string,
  sourceKey: string,
  fen: number | null,
  at: Instant,
): Happening => ({
  kind: 'order-refunded',
  at,
  source: orderSource,
  sourceKey,
  who,
  detail: { orderId, ...(fen === null ? {} : { amountFen: fen }), items: [] },
})

const onlyRefunds = (lines: readonly OrderLine[], refunds: readonly Happening[]): OrderDraft => {
  const [first] = lines
  if (!first) throw new Error('refunds without a line')
  return { ...blank(first), order: null, amountFen: 0, leftOut: null, refunds, lines: lines.length }
}

/** A refund whose day nobody tells counts from the day of the order: it never was a purchase. */
function totalOf(lines: readonly OrderLine[], amountFen: number): RefundTotal | null {
  const backs = lines.filter(({ refund }) => refund !== null)
  const [first] = backs
  if (!first) return null
  const parts = backs.map(({ refund, fen, orderFen }) => refund?.fen ?? fen ?? orderFen ?? 0)
  const at = Math.max(...backs.map((line) => line.refund?.at ?? line.at))
  const fen = sum(parts)
  return { fen: fen >= amountFen ? null : fen, at }
}
