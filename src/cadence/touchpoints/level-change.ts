import { z } from 'zod'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const level = z.string().min(1).max(32)

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  withinHours: z.number().int().min(1).max(240).default(72),
  /** The first that fits speaks; without `from` wherever she came from. Names of levels.yaml. */
  moves: z
    .array(
      z.strictObject({
        from: z.array(level).min(1).max(20).optional(),
        to: level,
        wording: personalWording,
        offer: offerField.optional(),
      }),
    )
    .min(1)
    .max(20),
})
type Settings = z.infer<typeof settings>

/** What only keeps books is no news to anybody; a level that is lent for a while is told by whoever lends it. */
const news = new Set(['spent', 'lapsed', 'grant-ended'])

const moveOf = ({ moves }: Settings, from: string, to: string): Settings['moves'][number] | undefined =>
  moves.find((one) => one.to === to && (one.from?.includes(from) ?? true))

/** 等级变化: a new level with what it brings; a lost one with how it comes back. */
export const levelChange = defineTouchpoint<Settings>({
  kind: 'level-change',
  title: '会员等级变化',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 66,
  settings,
  sample: ({ moves }) => ({ key: `${moves[0]?.from?.[0] ?? ''}>${moves[0]?.to ?? ''}` }),
  due: () => null,
  answers: ['level-moved'],
  onHappening(settings, happened) {
    const { detail } = happened
    const [from, to] = [textAt(detail, 'from'), textAt(detail, 'to')]
    if (!moveOf(settings, from, to) || !news.has(textAt(detail, 'cause'))) return null
    return {
      ...answerDue(settings, happened, `${from}-${to}:${textAt(detail, 'day')}`),
      occasion: { key: `${from}>${to}` },
    }
  },
  compose(settings, _moment, member, view, { key }) {
    const [from = '', to = ''] = key.split('>')
    const move = moveOf(settings, from, to)
    return {
      text: noteText(settings, move?.wording ?? '', withOffer(view, move?.offer)),
      why: `会员等级变为${member.level?.title ?? to}`,
      target: 'me',
      ...giftPart(move?.offer),
    }
  },
})
