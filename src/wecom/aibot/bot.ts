/**
 * The smart bot answers staff. Optional and never on the critical path: nothing waits for it, and without it everything
 * goes on. A question is recorded once, by its msgid, before it is answered; an answer is said at most once, since one that
 * was lost is asked for again sooner than one that came twice is understood.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { minutes, seconds } from '../../base/clock.ts'
import type { BotSettings } from '../../base/env.ts'
import { messageOf } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Recorder } from '../../interaction/index.ts'
import { answerTo, askerOf } from './answer.ts'
import type { AnswerParts } from './answer.ts'
import { openBotConnection } from './connection.ts'
import type { Asked, BotConnection, Entered, OpenConnection } from './connection.ts'
import type { BotLease } from './lease.ts'
import { fitting } from './markdown.ts'
import { readQuestion } from './question.ts'

export interface BotParts {
  readonly settings: BotSettings
  readonly answers: AnswerParts
  readonly recorder: Recorder
  readonly lease: BotLease
  /** A database from a backup: connecting would take the bot from the server it was copied from. */
  readonly restored: () => Promise<boolean>
  readonly clock: Clock
  readonly log: Log
  /** For tests. */
  readonly open?: OpenConnection
  readonly tickMs?: number
}

export interface Bot {
  start(): void
  stop(): Promise<void>
  busy(): boolean
  /** Null when all is well, or another server has the bot. */
  missing(): string | null
}

/** A third of the lease: two renewals may fail. */
const defaultTickMs = 2_000
/** After a refusal, doubled with each further one up to the longest: keys do not become right by being tried. */
const restMs = seconds(30)
const longestRestMs = minutes(10)
const mostAtOnce = 20
/** Everybody asks when a server has just taken over: they wait their turn. More than that is no people any more. */
const mostInLine = 500
/** The rest of a longer line is nobody's name. */
const mostRecorded = 2_000

type State = 'off' | 'theirs' | 'connecting' | 'ready' | 'kicked' | 'refused'

export function createBot(parts: BotParts): Bot {
  const { settings, lease, restored, clock, log, open = openBotConnection, tickMs = defaultTickMs } = parts
  let state: State = 'off'
  let why = ''
  let connection: BotConnection | null = null
  let restUntil = Number.NEGATIVE_INFINITY
  let refusals = 0
  let begun = false
  let timer: NodeJS.Timeout | null = null
  let ticking: Promise<void> | null = null
  /** Whose doing a kick was: nobody connects before that is known. */
  let judging: Promise<void> = Promise.resolve()
  let answering = 0
  const line: (() => Promise<void>)[] = []

  const close = (next: State): void => {
    connection?.close()
    connection = null
    state = next
  }

  async function connect(): Promise<void> {
    if (connection !== null || clock.steady() < restUntil) return
    state = 'connecting'
    connection = await open(settings, {
      onReady() {
        state = 'ready'
        refusals = 0
        why = ''
        log.info('the smart bot is connected')
      },
      onDown(reason) {
        if (state === 'ready')
          log.warn({ why: reason }, 'the smart bot lost its connection and connects again')
        state = 'connecting'
        why = reason
      },
      onRefused(reason) {
        close('refused')
        why = reason
        restUntil = clock.steady() + Math.min(longestRestMs, restMs * 2 ** refusals)
        refusals += 1
        log.warn({ why: reason }, 'WeCom refused the smart bot; look at WECOM_BOT_ID and WECOM_BOT_SECRET')
      },
      onKicked() {
        close('theirs')
        judging = judgeKick().catch((error: unknown) =>
          log.warn({ err: error }, 'the smart bot could not look who took it over'),
        )
      },
      onAsked: (asked) => void begin(() => attempt(() => answerOnce(parts, asked), asked)),
      onEntered: (entered) => void begin(() => attempt(() => welcome(parts, entered), null)),
    })
  }

  async function judgeKick(): Promise<void> {
    if ((await lease.kicked()) === 'theirs') return
    state = 'kicked'
    log.warn('another connection took the smart bot over; it stays away until this server starts again')
  }

  async function begin(work: () => Promise<void>): Promise<void> {
    if (line.length >= mostInLine) {
      log.warn('the smart bot is asked too much at once')
      return
    }
    line.push(work)
    if (answering >= mostAtOnce) return
    answering += 1
    for (let next = line.shift(); next !== undefined; next = line.shift()) await next()
    answering -= 1
  }

  async function attempt(work: () => Promise<void>, asked: Asked | null): Promise<void> {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error, msgid: asked?.msgid }, 'the smart bot could not answer')
    }
  }

  async function tick(): Promise<void> {
    if (!begun) {
      await lease.begin()
      begun = true
    }
    if (await restored()) return close('off')
    await judging
    const holding = await lease.hold()
    if (holding === 'ours') await connect()
    else close(holding === 'theirs' ? 'theirs' : 'kicked')
  }

  const tickOnce = (): void => {
    ticking ??= tick()
      .catch((error: unknown) => {
        log.warn({ why: messageOf(error) }, 'the smart bot could not look whether it may connect')
        // Others may have it by now.
        if (!lease.alive() && connection !== null) close('connecting')
      })
      .finally(() => {
        ticking = null
      })
  }

  return {
    start() {
      timer ??= setInterval(tickOnce, tickMs)
      tickOnce()
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
      await ticking
      while (answering > 0) await pause(20)
      close('off')
      await lease.release()
    },
    busy: () => answering > 0,
    missing() {
      switch (state) {
        case 'off':
        case 'theirs':
        case 'ready':
          return null
        case 'connecting':
          return `the smart bot is not connected${why === '' ? ' yet' : `: ${why}`}`
        case 'refused':
          return `WeCom refused the smart bot (${why}); look at WECOM_BOT_ID and WECOM_BOT_SECRET`
        case 'kicked':
          return 'another connection took the smart bot over; end that one, then start this server again'
      }
    },
  }
}

const onlyText = '我只看得懂文字。回复“帮助”看看能问什么。'
const inGroup = '客户资料不在群里说。请打开和我的单聊，再问一次。'
const failed = '现在查不到，请稍后再问一次。'

async function answerOnce(parts: BotParts, asked: Asked): Promise<void> {
  const { answers, recorder, settings, clock, log } = parts
  const asker = await askerOf(answers, asked.userid)
  const said = (asked.text ?? '').replaceAll('\u0000', '').slice(0, mostRecorded)
  const { fresh } = await recorder.submit({
    kind: 'staff-said',
    at: clock.now(),
    source: `aibot:${settings.id}`,
    sourceKey: asked.msgid,
    who: { staff: asker.userid },
    detail: { length: [...said].length, inGroup: asked.chat !== null },
    said,
  })
  // Told again: it was answered, or its answer may have been.
  if (!fresh) return
  if (asked.text === null) return asked.answer(onlyText)
  // Others read along in a group, and what she may see is not theirs.
  if (asked.chat !== null) return asked.answer(inGroup)
  let words: string
  try {
    words = await answerTo(answers, asker, readQuestion(asked.text.slice(0, mostRecorded)), clock.now())
  } catch (error) {
    log.warn({ err: error, msgid: asked.msgid }, 'a question to the smart bot could not be looked up')
    words = failed
  }
  await asked.answer(fitting(words))
}

async function welcome({ answers, clock }: BotParts, { userid, welcome: say }: Entered): Promise<void> {
  const asker = await askerOf(answers, userid)
  await say(fitting(await answerTo(answers, asker, { kind: 'help' }, clock.now())))
}
