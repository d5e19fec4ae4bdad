import { z } from 'zod'
import { answerDue, answerFields, choicesOf, textAt } from '../answer.ts'
import { common, slugField } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z
  .strictObject({
    ...common,
    ...answerFields,
    ending: noteFields.ending,
    withinHours: z.number().int().min(1).max(240).default(96),
    /** What each answer leads to; the first that she gave speaks. */
    actions: z
      .array(
        z.strictObject({
          /** The id of an option of a survey or poll. */
          choice: slugField,
          /** What the advisor is to do about it; she reads it, the customer does not. */
          todo: z.string().min(2).max(80),
          wording: personalWording,
          offer: offerField.optional(),
        }),
      )
      .min(1)
      .max(20),
  })
  .superRefine(({ actions }, ctx) => {
    actions.forEach(({ choice }, i) => {
      if (actions.findIndex((one) => one.choice === choice) === i) return
      addMistake(
        ctx,
        {
          message: `选项“${choice}”写了两次，后一个不会用到`,
          fix: '一个选项只写一次',
          messageEn: `the choice "${choice}" stands twice; the later one is never used`,
          fixEn: 'write each choice once',
        },
        { path: ['actions', i, 'choice'] },
      )
    })
  })
type Settings = z.infer<typeof settings>

const actionOf = (
  { actions }: Settings,
  choices: readonly string[],
): Settings['actions'][number] | undefined => actions.find(({ choice }) => choices.includes(choice))

/** 问卷答复跟进: why she stays away decides what comes next; the unhappy are left to the recovery. */
export const answerFollowUp = defineTouchpoint<Settings>({
  kind: 'answer-follow-up',
  title: '问卷答复跟进',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 77,
  settings,
  sample: ({ actions }) => ({ key: actions[0]?.choice ?? '' }),
  due: () => null,
  answers: ['survey-answered', 'poll-voted'],
  onHappening(settings, happened) {
    const action = actionOf(settings, choicesOf(happened.detail))
    if (!action) return null
    const about = textAt(happened.detail, 'game') || String(happened.at)
    return {
      ...answerDue(settings, happened, `${about}:${action.choice}`),
      occasion: { key: action.choice },
    }
  },
  endedBy: ['poll-voted', 'order-placed'],
  ends(settings, { kind, detail }, period) {
    if (kind === 'order-placed') return { code: 'bought-meanwhile', words: '已下单，不再跟进' }
    const about = textAt(detail, 'game')
    const now = actionOf(settings, choicesOf(detail))
    return period.startsWith(`${about}:`) && period !== `${about}:${now?.choice ?? ''}`
      ? { code: 'moved-on', words: '客户改了答案，这条不再适用' }
      : null
  },
  compose(settings, _moment, _member, view, { key }) {
    const action = actionOf(settings, [key])
    return {
      text: noteText(settings, action?.wording ?? '', withOffer(view, action?.offer)),
      why: `问卷答复跟进：${action?.todo ?? ''}`,
      ...giftPart(action?.offer, 'answer-follow-up'),
    }
  },
})
