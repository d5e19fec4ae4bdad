/** An offer as a shop writes it into a touchpoint, and the coupon that comes of it. */
import { z } from 'zod'
import { discountWords } from '../content/index.ts'
import type { View } from '../content/index.ts'
import type { Gift, GiftTerms } from '../outbox/index.ts'
import { addMistake } from './mistake.ts'

const yuan = z
  .number()
  .min(0.01)
  .max(1_000_000)
  .superRefine((value, ctx) => {
    if (Math.abs(value * 100 - Math.round(value * 100)) < 1e-6) return
    addMistake(ctx, {
      message: `${String(value)} 元不是整分`,
      fix: '最多写两位小数，例如 19.90',
      messageEn: `${String(value)} yuan is no whole number of fen`,
      fixEn: 'write two decimals at most, such as 19.90',
    })
  })

/** `{ percentOff: 20, hours: 48 }`, `{ yuanOff: 50, fromYuan: 199, days: 7 }`, `{ words: 新品试用装, days: 14 }`. */
export const offerField = z
  .strictObject({
    /** 20 = 8 折. */
    percentOff: z.number().int().min(1).max(90).optional(),
    /** 50 = 减 50 元. */
    yuanOff: yuan.optional(),
    /** 满多少元可用. */
    fromYuan: yuan.optional(),
    /** Anything else: 免费礼品包装, 新品试用装. */
    words: z.string().min(1).max(30).optional(),
    /** How the coupon is called; made from the rest when absent. */
    title: z.string().min(1).max(30).optional(),
    hours: z.number().int().min(1).max(8_760).optional(),
    days: z.number().int().min(1).max(365).optional(),
  })
  .superRefine((offer, ctx) => {
    const kinds = [offer.percentOff, offer.yuanOff, offer.words].filter((one) => one !== undefined).length
    if (kinds !== 1)
      addMistake(ctx, {
        message: kinds === 0 ? '优惠没有写是什么' : '优惠只能是一种',
        fix: '写 percentOff（折扣）、yuanOff（减几元）、words（其他权益）中的一个',
        messageEn: kinds === 0 ? 'the offer does not say what it is' : 'an offer is of one kind',
        fixEn: 'write one of percentOff, yuanOff and words',
      })
    if (offer.hours !== undefined && offer.days !== undefined)
      addMistake(ctx, {
        message: '有效期只能写一种',
        fix: '写 hours 或 days，不要都写',
        messageEn: 'an offer is valid for hours or for days',
        fixEn: 'write hours or days, not both',
      })
  })
export type Offer = z.infer<typeof offerField>

const defaultHours = 48

export const offerWords = (offer: Offer): string => {
  const from = offer.fromYuan === undefined ? '' : `满 ${String(offer.fromYuan)} `
  if (offer.percentOff !== undefined) return `${from}${discountWords(offer.percentOff)}券`
  if (offer.yuanOff !== undefined) return `${from === '' ? '立' : from}减 ${String(offer.yuanOff)} 元券`
  return offer.words ?? ''
}

const validHours = ({ hours, days }: Offer): number =>
  hours ?? (days === undefined ? defaultHours : days * 24)

const fenOf = (yuan: number | undefined): number => Math.round((yuan ?? 0) * 100)

function termsOf({ percentOff, yuanOff, fromYuan, words = '' }: Offer): GiftTerms {
  if (percentOff !== undefined) return { kind: 'percent', percentOff, minFen: fenOf(fromYuan) }
  return yuanOff === undefined
    ? { kind: 'gift', words }
    : { kind: 'amount', offFen: fenOf(yuanOff), minFen: fenOf(fromYuan) }
}

/** `family`: of which a customer gets one in a while. */
const giftOf = (offer: Offer | undefined, family?: string): Gift | undefined =>
  offer === undefined
    ? undefined
    : {
        title: offer.title ?? offerWords(offer),
        validHours: validHours(offer),
        ...(family === undefined ? {} : { family }),
        terms: termsOf(offer),
      }

/** For spreading into what is said: nothing where there is no offer. */
export const giftPart = (offer: Offer | undefined, family?: string): { readonly gift?: Gift } => {
  const gift = giftOf(offer, family)
  return gift ? { gift } : {}
}

/** The view in which the words may speak of the offer. */
export const withOffer = (view: View, offer: Offer | undefined): View =>
  offer === undefined
    ? view
    : {
        ...view,
        offer: {
          words: offerWords(offer),
          hours: validHours(offer),
          days: Math.max(1, Math.round(validHours(offer) / 24)),
        },
      }
