/**
 * Coupons at the counter and beside a chat. Whoever of the shop is shown a code may redeem it, since the customer stands
 * in front of her; the owner's name is masked unless she is her own customer. Handing one out is for her own customers.
 */
import type { Act } from '../../base/act.ts'
import { dayOf, isoOf, timeOf } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Db, Reader } from '../../base/db.ts'
import { customerOfExternal, identitiesOf, namesOf, ownsCustomer } from '../../customer/index.ts'
import { mustOwn, notFound } from '../../desk/index.ts'
import { maskName } from '../../game/index.ts'
import {
  couponOfCode,
  currentRewardSettings,
  issueFromTemplate,
  presentCoupon,
  readCode,
  redeemCoupon,
  termsOfSetting,
  termsWords,
  unknownCoupon,
  whyNotUsable,
} from '../../reward/index.ts'
import type { CouponRow } from '../../reward/index.ts'
import { issueBody, redeemBody } from '../contract.ts'
import type { CouponTemplates, IssuedCoupon, SidebarCoupon } from '../contract.ts'
import { parse } from '../parse.ts'
import { couponFace } from '../public/h5.ts'
import type { Answer, Call, Route } from '../route.ts'

export interface SidebarCouponParts {
  readonly act: Act
  readonly db: Db
  readonly publicUrl: string
}

const staffOf = (call: Call): string => {
  if (!call.staff) throw notFound()
  return call.staff.userid
}

const codeIn = (call: Call): string => {
  const code = readCode(call.params['code'] ?? '')
  if (code === null) throw unknownCoupon()
  return code
}

export function sidebarCouponRoutes(parts: SidebarCouponParts): Route[] {
  const access = { kind: 'staff' } as const
  return [
    {
      method: 'GET',
      path: '/api/sidebar/coupons/:code',
      access,
      handle: (call) => show(parts, call, codeIn(call)),
    },
    {
      method: 'POST',
      path: '/api/sidebar/coupons/:code/redeem',
      access,
      handle: (call) => redeem(parts, call),
    },
    { method: 'GET', path: '/api/sidebar/coupon-templates', access, handle: () => templates(parts) },
    {
      method: 'POST',
      path: '/api/sidebar/customers/:external/coupons',
      access,
      handle: (call) => issue(parts, call),
    },
  ]
}

// ------------------------------------------------------------------ redeem

async function show({ db }: SidebarCouponParts, call: Call, code: string): Promise<Answer> {
  const row = await couponOfCode(db.reader, code)
  if (!row) throw unknownCoupon()
  return { json: await faceFor(db.reader, row, staffOf(call), call.now) }
}

async function redeem(parts: SidebarCouponParts, call: Call): Promise<Answer> {
  const staff = staffOf(call)
  const code = codeIn(call)
  const { key } = parse(redeemBody, call.body)
  await parts.act({ kind: 'staff', userid: staff }, (ctx) =>
    redeemCoupon(ctx, { code, holder: `staff:${staff}`, staff, key: `sidebar:${staff}:${key}` }),
  )
  return show(parts, call, code)
}

async function faceFor(reader: Reader, row: CouponRow, staff: string, now: Instant): Promise<SidebarCoupon> {
  const why = whyNotUsable(row, now)
  return {
    ...couponFace(presentCoupon(row, now)),
    ...(row.redeemed_at === null ? {} : { redeemedAt: isoOf(row.redeemed_at) }),
    ...(why === null ? {} : { why: why.message, ...(why.fix === undefined ? {} : { fix: why.fix }) }),
    ...(await ownerFor(reader, row.player, staff)),
  }
}

async function ownerFor(
  reader: Reader,
  player: string,
  staff: string,
): Promise<Pick<SidebarCoupon, 'owner' | 'externalUserId'>> {
  const identities = (await identitiesOf(reader, [player])).get(player)
  const externals = identities?.externals ?? [player]
  const name = (await namesOf(reader, [player])).get(player) ?? '微信客户'
  for (const external of externals)
    if (await ownsCustomer(reader, staff, external)) return { owner: name, externalUserId: external }
  return { owner: maskName(name) }
}

// ------------------------------------------------------------------ hand out

async function templates({ db }: SidebarCouponParts): Promise<Answer> {
  const { coupons } = await currentRewardSettings(db.reader)
  const answer: CouponTemplates = {
    templates: coupons.templates.map(({ name, title, terms, validDays }) => ({
      name,
      title,
      terms: termsWords(termsOfSetting(terms)),
      validDays,
    })),
  }
  return { json: answer }
}

async function issue({ act, db, publicUrl }: SidebarCouponParts, call: Call): Promise<Answer> {
  const staff = staffOf(call)
  const external = call.params['external'] ?? ''
  const { template, key } = parse(issueBody, call.body)
  await mustOwn(db.reader, staff, external)
  const player = (await customerOfExternal(db.reader, external)) ?? external
  const coupon = await act({ kind: 'staff', userid: staff }, (ctx) =>
    issueFromTemplate(ctx, { player, who: { external, staff }, template, key }),
  )
  const until = `${dayOf(coupon.expiresAt)} ${timeOf(coupon.expiresAt)}`
  const answer: IssuedCoupon = {
    coupon: couponFace(coupon),
    text: `送您一张「${coupon.title}」，${termsWords(coupon.terms)}，${until} 前有效。点开就能看到券码：${publicUrl}/h5/#/coupon/${coupon.code}`,
  }
  return { json: answer }
}
