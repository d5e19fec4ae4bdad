/**
 * The menu of an advisor's card: she passes a task over without opening the page. What she presses comes as an event with
 * a code that is good for 72 hours and one answer (WECOM.md §2.8, §4.1); with it the card says what became of the task.
 */
import { hours, seconds } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { skipTask } from '../desk/index.ts'
import type { Follower } from '../interaction/index.ts'
import { answered, nextAnswer, postponeAnswer, putAnswer, readyAnswers } from './card-menu.store.ts'
import type { CardAnswer } from './card-menu.store.ts'
import type { WecomApi } from './protocol/api.ts'
import type { TemplateCard } from './protocol/calls/content.ts'
import { failureWords } from './protocol/result.ts'

const reasons: Readonly<Record<string, string>> = { 'skip-talked': '刚聊过', 'skip-unfit': '暂不合适' }

/** Of every card that asks her to do something. */
export const taskMenu = {
  desc: '不联系，跳过这条任务',
  action_list: Object.entries(reasons).map(([key, text]) => ({ text, key })),
}

const codeLifeMs = hours(72)
const againMs = seconds(30)
const mostTries = 5
const atOnce = 20

export interface CardMenuParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly log: Log
  readonly api: Pick<WecomApi, 'updateCard'>
  readonly publicUrl: string
  readonly agentId: string
}

export interface CardMenu {
  readonly followers: readonly Follower[]
  /** Answers how many cards were told what became of them. */
  answerDue(now: Instant): Promise<number>
  nextDueAt(): Promise<Instant | null>
}

export const createCardMenu = (parts: CardMenuParts): CardMenu => ({
  followers: [pressed],
  answerDue: (now) => answerDue(parts, now),
  nextDueAt: () => nextAnswer(parts.db.reader),
})

const pressed: Follower = {
  name: 'card-menu',
  kinds: ['card-clicked'],
  async handle(ctx, rows) {
    for (const { detail, who, at } of rows) {
      const { EventKey: key, TaskId: task, ResponseCode: code } = detail
      const reason = typeof key === 'string' ? reasons[key] : undefined
      if (reason === undefined || who.staff === undefined || typeof task !== 'string') continue
      let words = `已跳过：${reason}`
      try {
        await skipTask(ctx, who.staff, task, reason)
      } catch (error) {
        // Over, not hers, or she has pressed in the chat meanwhile: that is what the card says then.
        if (!(error instanceof Refusal)) throw error
        words = error.message
      }
      if (typeof code !== 'string') continue
      await putAnswer(ctx.tx, {
        code,
        staff: who.staff,
        words,
        ready_at: ctx.now,
        expires_at: at + codeLifeMs,
        tries: 0,
      })
    }
  },
}

async function answerDue(
  { db, act, log, api, publicUrl, agentId }: CardMenuParts,
  now: Instant,
): Promise<number> {
  const due = await readyAnswers(db.reader, now, atOnce)
  for (const answer of due) {
    const result =
      answer.expires_at <= now
        ? null
        : await api.updateCard({
            userids: [answer.staff],
            agentid: Number(agentId),
            response_code: answer.code,
            template_card: cardOf(answer, publicUrl),
          })
    // An answer that was lost may have used the code up: then the next try is refused, and that is the end of it.
    const again =
      result !== null &&
      result.kind !== 'ok' &&
      (result.kind !== 'error' || result.reaction === 'retry' || result.reaction === 'wait') &&
      answer.tries + 1 < mostTries
    await act(system('card-menu'), async (ctx) => {
      if (again) await postponeAnswer(ctx.tx, answer.code, ctx.now + againMs)
      else await answered(ctx.tx, answer.code)
    })
    if (result !== null && result.kind !== 'ok')
      log.info({ staff: answer.staff, why: failureWords(result), again }, 'a card could not be updated')
  }
  return due.length
}

const cardOf = ({ words }: CardAnswer, publicUrl: string): TemplateCard => ({
  card_type: 'text_notice',
  source: { desc: '私域助手' },
  main_title: { title: words },
  card_action: { type: 1, url: `${publicUrl}/sidebar/` },
})
