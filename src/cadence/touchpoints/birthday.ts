import { z } from 'zod'
import { defaultLeapRule, leapRules } from '../../base/birthdays.ts'
import { common, tiersField } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const attributeName = /^[a-z][A-Za-z0-9_]{0,39}$/

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high', 'new', 'mid'),
  /** Whose: her own, her child's (with the guardian's consent), her pet's. */
  of: z.enum(['self', 'child', 'pet']).default('self'),
  calendar: z.enum(['solar', 'lunar']).default('solar'),
  /** The attribute that holds the date; by default birthday, birthdayLunar, childBirthday or petBirthday. */
  attribute: z
    .string()
    .superRefine((text, ctx) => {
      if (attributeName.test(text)) return
      addMistake(ctx, {
        message: `“${text.slice(0, 40)}”不是属性的英文名`,
        fix: '写 attributes.yaml 里的名字：小写字母开头，只用字母、数字和下划线，例如 petBirthday',
        messageEn: `"${text.slice(0, 40)}" is not the name of an attribute`,
        fixEn:
          'write a name of attributes.yaml: letters, digits and _, a small letter first, such as petBirthday',
      })
    })
    .meta({ pattern: attributeName.source })
    .optional(),
  /** Born in a leap month: see base/birthdays.ts. */
  leapMonth: z.enum(leapRules).default(defaultLeapRule),
  /** So many days before. */
  daysBefore: z.number().int().min(0).max(30).default(0),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

const attributeOf = ({ of, calendar, attribute }: Settings): string => {
  if (attribute !== undefined) return attribute
  if (of === 'pet') return 'petBirthday'
  if (of === 'child') return 'childBirthday'
  return calendar === 'lunar' ? 'birthdayLunar' : 'birthday'
}
const whose = { self: '本人', child: '宝宝', pet: '宠物' } as const

/** 生日关怀: hers, her child's or her pet's, by the sun or by the moon. */
export const birthday = defineTouchpoint<Settings>({
  kind: 'birthday',
  title: '生日关怀',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 85,
  settings,
  looksFor: (settings) => ({
    find: 'birthday',
    attribute: attributeOf(settings),
    calendar: settings.calendar,
    leapRule: settings.leapMonth,
    ahead: settings.daysBefore,
    child: settings.of === 'child',
  }),
  due: (settings, moment, _member, { key }) => noteDue({ ...settings, withinDays: 1 }, moment, key),
  compose(settings, _moment, _member, view, { number }) {
    const age = number === undefined || settings.of === 'self' ? '' : ` ${String(number)} 岁`
    const when = settings.daysBefore === 0 ? '今天' : `${String(settings.daysBefore)} 天后`
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `${whose[settings.of]}${settings.calendar === 'lunar' ? '农历' : ''}${age}生日（${when}）`,
      ...giftPart(settings.offer, 'birthday'),
    }
  },
})
