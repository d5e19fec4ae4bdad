/** A row of the log as one Chinese line for a timeline. */
import { kinds } from '../interaction/index.ts'
import type { LogRow } from '../interaction/index.ts'
import type { TierRules } from '../segment/index.ts'

export const titleOfTier = (rules: TierRules, name: string): string =>
  [...rules.tiers, rules.lead].find((tier) => tier.name === name)?.title ?? name

const purposes: Readonly<Record<string, string>> = { marketing: '营销消息', service: '服务消息' }

const yuanOf = (fen: unknown): string => (typeof fen === 'number' ? ` ¥${(fen / 100).toFixed(2)}` : '')
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function wordsOf({ kind, detail }: Pick<LogRow, 'kind' | 'detail'>, rules: TierRules): string {
  const title = kinds[kind]
  switch (kind) {
    case 'order-placed':
    case 'order-refunded':
      return `${title}${yuanOf(detail['amountFen'])}`
    case 'tier-moved':
      return `${title}：${titleOfTier(rules, textOf(detail['from']))} → ${titleOfTier(rules, textOf(detail['to']))}`
    case 'advisor-named':
    case 'advisor-unnamed': {
      const staff = textOf(detail['staff'])
      return staff === '' ? title : `${title}：${staff}`
    }
    case 'opted-out':
    case 'opted-in':
      return `${title}：${purposes[textOf(detail['purpose'])] ?? textOf(detail['purpose'])}`
    case 'customers-merged':
    case 'customers-unmerged':
    case 'customers-kept-apart':
    case 'customer-erased': {
      const why = textOf(detail['why'])
      return why === '' ? title : `${title}：${why}`
    }
    default: {
      const name = textOf(detail['title']) || textOf(detail['words'])
      return name === '' ? title : `${title}：${name}`
    }
  }
}
