/** The one place that says when two customers become one without a person looking. */
import type { LogRow } from '../interaction/index.ts'
import type { Identity, IdentityKind } from './identity.ts'
import { keyOf } from './identity.ts'

/** The shop's own systems and WeCom know whom they name; a player, a group or a member of staff may be mistaken. */
const isStatedByShopOrWecom = ({ source }: Pick<LogRow, 'source'>): boolean =>
  source === 'api' || source.startsWith('import:') || source.startsWith('wecom')

const atMostOne = (kind: IdentityKind, identities: readonly Identity[]): boolean =>
  new Set(identities.filter((one) => one.kind === kind).map(keyOf)).size <= 1

/**
 * Safe when one row of the shop or of WeCom names both, and the two complement each other: between them there is at most
 * one shop id and one unionid, so nothing says that they are two people. The normal case is an imported history meeting
 * the contact list. Two shop ids with one phone number are a family as often as a person: a person decides.
 */
export function whyOnePerson(
  row: Pick<LogRow, 'source'>,
  one: readonly Identity[],
  other: readonly Identity[],
): string | null {
  if (!isStatedByShopOrWecom(row)) return null
  const all = [...one, ...other]
  if (!atMostOne('shop', all) || !atMostOne('union', all)) return null
  return '同一条记录写明是同一人，且两份资料互补（没有不同的商城编号或 unionid）'
}
