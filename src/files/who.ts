/** Under which names a line of a file knows a person. A phone number is hashed here and goes no further. */
import type { Who } from '../base/act.ts'
import type { HashPhone } from '../customer/index.ts'
import type { ColumnSpec } from './columns.ts'
import { bad, readId } from './values.ts'
import type { Parsed } from './values.ts'

/** The phone of the person who receives a parcel is not asked for: it may be anybody's. */
export const whoColumns: readonly ColumnSpec[] = [
  {
    name: 'customer',
    headers: [
      ...[
        'shop_id',
        'customer_id',
        'customer',
        'member_id',
        'user_id',
        '客户编号',
        '客户id',
        '会员号',
        '会员编号',
        '会员id',
      ],
      ...['会员卡号', '买家id', '买家会员名', '下单帐号', '下单账号', '用户id', 'household_id'],
    ],
  },
  { name: 'external', headers: ['external_userid', 'external', '外部联系人id'] },
  { name: 'unionid', headers: ['unionid', 'union_id', '微信unionid'] },
  {
    name: 'phone',
    headers: ['phone', 'mobile', '手机号', '手机', '手机号码', '买家手机号', '会员手机号', '客户手机号'],
  },
]

export const whoFields = whoColumns.map(({ name }) => name)

export interface Named {
  /** One text for the person, to count her by. */
  readonly name: string
  readonly who: Who
}

/** Exports hide digits of a phone; such a number names nobody. */
const isMasked = (phone: string): boolean => /[*＊xX]{2,}/.test(phone)

export function readWho(text: (name: string) => string, hashPhone: HashPhone | null): Parsed<Named> {
  const shopId = text('customer')
  const external = text('external')
  const unionid = text('unionid')
  const phone = isMasked(text('phone')) ? '' : text('phone')
  if (shopId === '' && external === '' && unionid === '' && phone === '')
    return bad('the customer is empty', 'fill in the customer id, external_userid, unionid or phone')
  for (const [value, what] of [
    [shopId, 'customer'],
    [external, 'external_userid'],
    [unionid, 'unionid'],
  ] as const) {
    if (value === '') continue
    const id = readId(value, what)
    if (!id.ok) return id
  }
  let phoneHash: string | null = null
  if (phone !== '') {
    if (hashPhone === null)
      return bad(
        'phone numbers cannot be hashed without SIYU_MASTER_KEY',
        'set SIYU_MASTER_KEY (`siyu init`)',
      )
    phoneHash = hashPhone(phone)
    if (phoneHash === null)
      return bad('the phone is not a phone number', 'write it as 13800138000 or +8613800138000')
  }
  return {
    ok: true,
    value: {
      name: shopId || external || unionid || `phone ${phoneHash ?? ''}`,
      who: {
        ...(external === '' ? {} : { external }),
        ...(unionid === '' ? {} : { unionid }),
        ...(shopId === '' ? {} : { shopId }),
        ...(phoneHash === null ? {} : { phoneHash }),
      },
    },
  }
}
