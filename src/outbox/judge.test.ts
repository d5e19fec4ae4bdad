import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, dayOf, instantOf, isoOf, timeOf } from '../base/calendar.ts'
import { days, hours } from '../base/clock.ts'
import { isHeldOut, holdoutShare } from './holdout.ts'
import { createDecider, decideAll, ownerOf } from './judge.ts'
import type { Facts } from './judge.ts'
import { kfWindowOf } from './kf-window.ts'
import { mannersShape } from './manners.ts'
import type { Manners } from './manners.ts'
import { channelTitles, isChannelName } from './promise.ts'
import type { Candidate, Decided } from './promise.ts'

/** A Tuesday. */
const today = '2026-05-19'
const now = instantOf(today, '08:30')

const facts = (more: Partial<Facts> = {}): Facts => ({
  known: new Map(),
  optedOut: new Set(),
  refusedTopics: new Set(),
  contacts: new Set(
    Array.from({ length: 40 }, (_, n) => ['lin', 'wang'].map((staff) => `wm${String(n)}\t${staff}`)).flat(),
  ),
  groups: new Set(['wr1', 'wr2']),
  speakers: new Map([
    ['lin', '林小满'],
    ['wang', '王可'],
  ]),
  channels: new Set(
    Object.keys(channelTitles)
      .filter(isChannelName)
      .filter((name) => name !== 'email'),
  ),
  restraints: new Map(),
  kfTalks: new Map(),
  uses: new Map(),
  ended: new Map(),
  load: new Map(),
  leaves: new Map(),
  quotaSeen: new Map(),
  ...more,
})

const candidate = (n: number, more: Partial<Candidate> = {}): Candidate => ({
  dedupeKey: `offer:c${String(n)}:${today}`,
  touchpoint: 'offer',
  title: '每周好物',
  cadenceVersion: 1,
  purpose: 'marketing',
  personal: false,
  channel: 'advisor-task',
  subjectKind: 'customer',
  subject: `wm${String(n)}`,
  customer: `c${String(n)}`,
  sender: 'lin',
  day: today,
  wantedAt: instantOf(today, '10:00'),
  expiresAt: instantOf(addDays(today, 3), '21:30'),
  priority: 40,
  content: { text: '新品到店' },
  ...more,
})
const loose = mannersShape.parse({})
const only = (one: Candidate, more: Partial<Facts> = {}, manners: Manners = loose): string => {
  const [decided] = decideAll([one], manners, facts(more), now)
  return decided ? `${decided.decision} ${decided.reasonCode} ${isoOf(decided.dueAt).slice(5, 16)}` : ''
}

describe('one candidate', () => {
  it('is not said on a channel that nobody built', () => {
    expect(only(candidate(1, { channel: 'email' }))).toMatch(/^declined no-channel/)
    expect(only(candidate(1, { channel: 'sms', sender: undefined }))).toMatch(/^queued ok/)
  })

  it('minds topics she refused, and no others', () => {
    const refused = { refusedTopics: new Set(['c1\tbaby']) }
    expect(only(candidate(1, { topic: 'baby' }), refused)).toMatch(/^declined topic-refused/)
    expect(only(candidate(1, { topic: 'skin' }), refused)).toMatch(/^queued ok/)
    expect(only(candidate(1), refused)).toMatch(/^queued ok/)
  })

  it('waits for the first moment with room where its touchpoint says hold, and is skipped otherwise', () => {
    const at = instantOf(addDays(today, -1), '10:00')
    const uses = new Map([
      ['c1', [{ at, purpose: 'marketing', channel: 'broadcast', stage: 'said' } as const]],
    ])
    expect(only(candidate(1), { uses })).toMatch(/^declined gap/)
    expect(only(candidate(1, { overCap: 'hold' }), { uses })).toBe('later gap 05-20T10:00')
    const soon = { overCap: 'hold', expiresAt: instantOf(today, '21:30') } as const
    expect(only(candidate(1, soon), { uses })).toMatch(/^declined gap/)
  })

  it('ends the rest of its run where its touchpoint says abort, and no other run', () => {
    const said = { at: instantOf(addDays(today, -1), '10:00'), purpose: 'marketing', stage: 'said' } as const
    const uses = new Map([['c1', [{ ...said, channel: 'broadcast' } as const]]])
    const step = (inDays: number, more: Partial<Candidate> = {}): Candidate => {
      const day = addDays(today, inDays)
      return candidate(1, {
        dedupeKey: `offer:c1:${day}`,
        overCap: 'abort',
        run: { since: today },
        day,
        wantedAt: instantOf(day, '10:00'),
        expiresAt: instantOf(day, '21:30'),
        ...more,
      })
    }
    const later = { dedupeKey: 'offer:c1:other', run: { since: addDays(today, 5) } }
    const another = { dedupeKey: 'note:c1:1', touchpoint: 'note' }
    const run = [step(0), step(3), step(7, later), step(11, another)]
    const told = (decided: readonly Decided[]): string[] =>
      decided.map(({ decision, reasonCode }) => `${decision} ${reasonCode}`)
    const expected = ['declined run-aborted', 'declined run-ended', 'queued ok', 'queued ok']
    const whole = decideAll(run, loose, facts({ uses }), now)
    expect(told(whole)).toEqual(expected)
    expect(whole[0]?.reasonWords).toBe('与另一次触达相隔不足 48 小时，本轮「每周好物」到此为止')
    expect(whole[1]?.reasonWords).toBe(`本轮因触达次数已满提前结束（${today}）`)
    // Day after day in one sitting, and from what was written, it is the same.
    const decider = createDecider(loose, now)
    expect(told(run.flatMap((one) => decider.decide([one], facts({ uses }))))).toEqual(expected)
    const row = { customer: 'c1', touchpoint: 'offer', campaign: null, dedupe_key: `offer:c1:${today}` }
    const ended = new Map([['c1', [{ ...row, day: today }]]])
    expect(told(decideAll(run.slice(1), loose, facts({ ended }), now))).toEqual(expected.slice(1))
    // Parts of a campaign share their running, whichever touchpoint each of them is.
    const part = (n: number, name: string, from: string): Candidate =>
      step(n, {
        dedupeKey: `${name}:c1:${from}`,
        touchpoint: name,
        campaign: 'spring',
        run: { period: from },
      })
    const parts = [
      part(0, 'spring-start', today),
      part(3, 'spring-after', today),
      part(7, 'spring-start', 'x'),
    ]
    expect(told(decideAll(parts, loose, facts({ uses }), now))).toEqual(expected.slice(0, 3))
  })

  it('held over a full month never goes round in circles', () => {
    const uses = new Map([
      [
        'c1',
        Array.from({ length: 12 }, (_, n) => ({
          at: now + days(2 * n),
          purpose: 'marketing' as const,
          channel: 'advisor-task' as const,
          stage: 'planned' as const,
        })),
      ],
    ])
    const patient = candidate(1, { overCap: 'hold', expiresAt: now + days(365) })
    expect(only(patient, { uses })).toMatch(/^later cap-week|^later gap|^later cap-month/)
    const never = mannersShape.parse({ marketingPerDay: 0 })
    expect(only(patient, {}, never)).toMatch(/^declined cap-day/)
  })

  it('says nothing of offers for some days after a refund', () => {
    const refunded = (ago: number) => ({
      restraints: new Map([
        ['c1', { customer: 'c1', talked_at: null, complaint_at: null, refund_at: now - days(ago) }],
      ]),
    })
    expect(only(candidate(1), refunded(2))).toMatch(/^declined refund-open/)
    expect(only(candidate(1), refunded(4))).toMatch(/^queued ok/)
    expect(only(candidate(1, { purpose: 'service' }), refunded(1))).toMatch(/^queued ok/)
  })

  it('answers in 客服 for 48 hours and five times, at any hour of the day, for each account by itself', () => {
    const at = instantOf(today, '23:00')
    const answer = (account: string) =>
      ({
        channel: 'kf',
        purpose: 'service',
        wantedAt: at,
        content: { text: '好的', kf: { account } },
      }) as const
    /** She wrote to the first account; what was said since was said at `where`. */
    const talk = (hoursAgo: number, said = 0, where = 'first') => ({
      kfTalks: new Map([[kfWindowOf('wm1', { account: 'first' }), at - hours(hoursAgo)]]),
      uses: new Map([
        [
          'c1',
          Array.from({ length: said }, () => ({
            at: at - 1,
            purpose: 'service' as const,
            channel: 'kf' as const,
            stage: 'said' as const,
            kfWindow: kfWindowOf('wm1', { account: where }),
          })),
        ],
      ]),
    })
    expect(only(candidate(1, answer('first')), talk(47, 4))).toBe('queued ok 05-19T23:00')
    expect(only(candidate(1, answer('first')), talk(47, 5))).toMatch(/^declined kf-window/)
    expect(only(candidate(1, answer('first')), talk(48))).toMatch(/^declined kf-window/)
    expect(only(candidate(1, answer('first')))).toMatch(/^declined kf-window/)
    expect(only(candidate(1, answer('second')), talk(1))).toMatch(/^declined kf-window/)
    expect(only(candidate(1, answer('first')), talk(47, 5, 'second'))).toBe('queued ok 05-19T23:00')
    expect(only(candidate(1, { ...answer('first'), subject: 'wm9' }), talk(1))).toMatch(/^declined kf-window/)
    // What is decided in one sitting counts as well.
    const six = Array.from({ length: 6 }, (_, n) =>
      candidate(1, { ...answer('first'), awaited: true, dedupeKey: `answer:${String(n)}` }),
    )
    expect(decideAll(six, loose, facts(talk(1)), now).map(({ reasonCode }) => reasonCode)).toEqual([
      ...Array<string>(5).fill('ok'),
      'kf-window',
    ])
  })

  it('leaves whoever has no quota left by WeCom’s count alone until the period ends', () => {
    const quotaSeen = new Map([['wm1', instantOf(addDays(today, 2))]])
    const broadcast = { channel: 'broadcast' } as const
    expect(only(candidate(1, broadcast), { quotaSeen })).toMatch(/^declined quota-used/)
    expect(only(candidate(1, { ...broadcast, overCap: 'hold' }), { quotaSeen })).toBe(
      'later quota-used 05-21T09:30',
    )
    expect(only(candidate(1), { quotaSeen })).toMatch(/^queued ok/)
  })
})

describe('days on which a touchpoint is not said', () => {
  const notOn = { days: [today, addDays(today, 1)], words: '只在工作日发' }

  it('are passed over at its own time, with the words that say so', () => {
    const [one] = decideAll([candidate(1, { notOn })], loose, facts(), now)
    expect(one).toMatchObject({ decision: 'later', reasonCode: 'day-kind', reasonWords: '只在工作日发' })
    expect(isoOf(one?.dueAt ?? 0)).toContain(`${addDays(today, 2)}T10:00`)
  })

  it('hold for service too, and end it where no other day is left', () => {
    const expiresAt = instantOf(addDays(today, 1), '21:30')
    const [one] = decideAll([candidate(1, { notOn, purpose: 'service', expiresAt })], loose, facts(), now)
    expect(one).toMatchObject({
      decision: 'declined',
      reasonCode: 'day-kind',
      reasonWords: '只在工作日发，到期前没有合适的时间',
    })
  })
})

describe('an advisor who is away', () => {
  const away = (deputy: string | null, to = addDays(today, 1)) => ({
    leaves: new Map([['lin', [{ staff: 'lin', from_day: today, to_day: to, deputy }]]]),
  })
  const decidedBy = (one: Candidate, more: Partial<Facts>): string => {
    const [decided] = decideAll([one], loose, facts(more), now)
    return `${decided?.decision ?? ''} ${decided?.reasonCode ?? ''} ${decided?.sender ?? ''}`
  }

  it('is stood in for by her deputy, if that one knows the customer and the words do not name her', () => {
    expect(decidedBy(candidate(1), away('wang'))).toBe('queued advisor-on-leave wang')
    expect(decidedBy(candidate(99, { subject: 'stranger' }), away('wang'))).toMatch(/^declined no-contact/)
    const onlyLin = { ...away('wang'), contacts: new Set(['wm1\tlin']) }
    expect(decidedBy(candidate(1), onlyLin)).toBe('later advisor-on-leave lin')
    const signed = candidate(1, { content: { text: '您好，我是林小满' } })
    expect(decidedBy(signed, away('wang'))).toBe('later advisor-on-leave lin')
  })

  it('is waited for where nobody stands in, and not longer than the words last', () => {
    expect(only(candidate(1), away(null))).toBe('later advisor-on-leave 05-21T10:00')
    expect(only(candidate(1), away(null, addDays(today, 5)))).toMatch(/^declined advisor-on-leave/)
    const group = {
      subjectKind: 'group',
      subject: 'wr1',
      customer: undefined,
      channel: 'group-broadcast',
    } as const
    expect(only(candidate(1, group), away('wang'))).toMatch(/^later advisor-on-leave 05-21/)
  })

  it('does not hold up what no hand is needed for', () => {
    const welcome = { channel: 'welcome', purpose: 'service' } as const
    expect(only(candidate(1, welcome), away(null))).toMatch(/^queued ok/)
  })
})

describe("an advisor's day", () => {
  const two = mannersShape.parse({ advisorPerDay: 2 })
  const decide = (set: readonly Candidate[]): string[] =>
    decideAll(set, two, facts(), now).map(
      (one) => `${one.decision} ${one.reasonCode} ${isoOf(one.dueAt).slice(5, 16)}`,
    )

  it('takes so many tasks; the others go to her next day, the more important and the more worth first', () => {
    const set = [
      candidate(1, { worthFen: 100 }),
      candidate(2, { worthFen: 900 }),
      candidate(3, { priority: 60 }),
      candidate(4, { worthFen: 50 }),
      candidate(5, { worthFen: 40, expiresAt: instantOf(today, '21:30') }),
    ]
    expect(decide(set)).toEqual([
      'later advisor-load 05-20T10:00',
      'queued ok 05-19T10:00',
      'queued ok 05-19T10:00',
      'later advisor-load 05-20T10:00',
      'declined advisor-load 05-19T10:00',
    ])
  })

  it('never keeps service waiting, but service uses room', () => {
    const service = [1, 2, 3].map((n) => candidate(n, { purpose: 'service', priority: 90 }))
    expect(decide([...service, candidate(4)]).map((one) => one.slice(0, 16))).toEqual([
      'queued ok 05-19T',
      'queued ok 05-19T',
      'queued ok 05-19T',
      'later advisor-lo',
    ])
  })
})

// ---------------------------------------------------------------- properties

/** Some dozens of candidates of all sorts over a week, for a handful of customers and two groups. */
const someCandidates: fc.Arbitrary<Candidate[]> = fc
  .array(
    fc.record({
      n: fc.integer({ min: 0, max: 11 }),
      key: fc.integer({ min: 0, max: 3 }),
      ahead: fc.integer({ min: 0, max: 6 }),
      minute: fc.integer({ min: 0, max: 1_439 }),
      priority: fc.constantFrom(10, 40, 60, 90),
      worthFen: fc.constantFrom(undefined, 0, 5_000, 90_000),
      purpose: fc.constantFrom('marketing', 'marketing', 'marketing', 'service'),
      channel: fc.constantFrom('advisor-task', 'advisor-task', 'broadcast', 'sms', 'phone-task'),
      overCap: fc.constantFrom(undefined, 'hold', 'skip', 'abort'),
      lasts: fc.integer({ min: 1, max: 5 }),
      group: fc.boolean(),
    } as const),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) => {
    const made = list.map(({ n, key, ahead, minute, lasts, group, channel, purpose, ...rest }, i) => {
      const day = addDays(today, ahead)
      const wantedAt = instantOf(day) + minute * 60_000
      const isGroup = group && i % 5 === 0
      return candidate(n, {
        ...rest,
        dedupeKey: `t${String(key)}:${isGroup ? 'wr1' : `c${String(n)}`}:${day}`,
        touchpoint: `t${String(key)}`,
        purpose: isGroup ? 'marketing' : purpose,
        channel: isGroup ? 'group-broadcast' : channel,
        ...(isGroup ? { subjectKind: 'group' as const, subject: 'wr1', customer: undefined } : {}),
        sender: n % 2 === 0 ? 'lin' : 'wang',
        run: { since: today },
        day,
        wantedAt,
        expiresAt: wantedAt + days(lasts),
      })
    })
    return [...new Map(made.map((one) => [one.dedupeKey, one])).values()]
  })

const strict = (holdout: number): Manners =>
  mannersShape.parse({ advisorPerDay: 3, channels: { sms: { perMonth: 2 } }, holdout: { percent: holdout } })
const short = ({ decision, dueAt, reasonCode, sender }: Decided): string =>
  `${decision} ${String(dueAt)} ${reasonCode} ${sender ?? ''}`

describe('the decision of a set', () => {
  it('is the same whatever the order of the set', () => {
    fc.assert(
      fc.property(someCandidates, fc.integer({ min: 1, max: 1_000 }), (set, turn) => {
        const shuffled = set
          .map((one, i) => ({ one, rank: (i * 7_919 + turn * 104_729) % 1_009 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ one }) => one)
        const byKey = (decided: readonly Decided[]): Map<string, string> =>
          new Map(decided.map((one) => [one.dedupeKey, short(one)]))
        const straight = byKey(decideAll(set, strict(20), facts(), now))
        for (const [key, verdict] of byKey(decideAll(shuffled, strict(20), facts(), now)))
          expect(verdict).toBe(straight.get(key))
      }),
      { numRuns: 60, seed: 40 },
    )
  })

  it('is never beyond a cap, outside its hours, or after its expiry', () => {
    const manners = strict(0)
    fc.assert(
      fc.property(someCandidates, (set) => {
        const said = decideAll(set, manners, facts(), now).filter(({ decision }) => decision !== 'declined')
        for (const one of said) {
          expect(one.dueAt).toBeLessThan(one.expiresAt)
          expect(one.dueAt).toBeGreaterThanOrEqual(Math.max(one.wantedAt, now))
          const time = timeOf(one.dueAt)
          expect(time >= '08:30' && time < '21:30', time).toBe(true)
        }
        const marketing = said.filter((one) => one.purpose === 'marketing' && one.subjectKind === 'customer')
        for (const one of marketing) {
          const hers = marketing.filter(({ customer }) => customer === one.customer).map(({ dueAt }) => dueAt)
          expect(hers.filter((at) => dayOf(at) === dayOf(one.dueAt)).length).toBe(1)
          const week = hers.filter((at) => at >= one.dueAt && at < one.dueAt + days(7))
          expect(week.length).toBeLessThanOrEqual(2)
          expect(hers.filter((at) => at !== one.dueAt && Math.abs(at - one.dueAt) < hours(48))).toEqual([])
        }
        for (const one of said.filter(({ subjectKind }) => subjectKind === 'group'))
          expect(
            said.filter((other) => other.subject === one.subject && dayOf(other.dueAt) === dayOf(one.dueAt))
              .length,
          ).toBe(1)
      }),
      { numRuns: 60, seed: 41 },
    )
  })

  it('with people held out differs for nobody else, and gives those the same instant', () => {
    let apart = 0
    fc.assert(
      fc.property(someCandidates, (set) => {
        const treated = decideAll(set, strict(0), facts(), now)
        const compared = decideAll(set, strict(20), facts(), now)
        compared.forEach((one, i) => {
          const other = treated[i]
          if (one.reasonCode !== 'holdout') return expect(short(one)).toBe(other && short(other))
          apart += 1
          expect(one.dueAt).toBe(other?.dueAt)
          expect(other?.decision).not.toBe('declined')
          expect([one.decision, one.purpose, one.subjectKind]).toEqual(['declined', 'marketing', 'customer'])
        })
      }),
      { numRuns: 60, seed: 42 },
    )
    expect(apart).toBeGreaterThan(20)
  })
})

describe('the holdout', () => {
  const people = Array.from({ length: 4_000 }, (_, n) => `customer-${String(n)}`)
  const heldOut = (percent: number, salt = 'siyu'): Set<string> => {
    const manners = mannersShape.parse({ holdout: { percent, salt } })
    return new Set(people.filter((one) => isHeldOut(manners, one)))
  }

  it('is the share that was asked for, and grows without letting anybody out', () => {
    expect(heldOut(0).size).toBe(0)
    let before = new Set<string>()
    for (const percent of [0.5, 5, 10, 20, 50]) {
      const after = heldOut(percent)
      expect(Math.abs(after.size / people.length - percent / 100)).toBeLessThan(0.02)
      expect([...before].every((one) => after.has(one))).toBe(true)
      before = after
    }
  })

  it('is a matter of the word and the person only', () => {
    expect(holdoutShare('siyu', 'customer-1')).toBe(holdoutShare('siyu', 'customer-1'))
    const [a, b] = [heldOut(20), heldOut(20, 'other')]
    const both = [...a].filter((one) => b.has(one)).length
    expect(Math.abs(both / people.length - 0.04)).toBeLessThan(0.02)
  })

  it('decides day after day as it decides all days at once', () => {
    fc.assert(
      fc.property(someCandidates, (set) => {
        const manners = mannersShape.parse({ advisorPerDay: 2 })
        const atOnce = new Map(
          decideAll(set, manners, facts(), now).map((one, n) => [
            set[n],
            [one.decision, one.reasonCode, one.dueAt],
          ]),
        )
        const decider = createDecider(manners, now)
        const inTurn = new Map<Candidate | undefined, unknown>()
        for (const day of [...new Set(set.map((one) => one.day))].sort()) {
          const ofDay = set.filter((one) => one.day === day)
          decider
            .decide(ofDay, facts())
            .forEach((one, n) => inTurn.set(ofDay[n], [one.decision, one.reasonCode, one.dueAt]))
        }
        for (const one of set) expect(inTurn.get(one)).toEqual(atOnce.get(one))
      }),
    )
  })

  it('gives every part of a plan what the whole plan gave it, whichever is written first', () => {
    fc.assert(
      fc.property(someCandidates, fc.boolean(), (set, backwards) => {
        const manners = mannersShape.parse({ advisorPerDay: 2 })
        const load = new Map([[`lin\t${today}`, 1]])
        const decider = createDecider(manners, now)
        const whole = decider.decide(set, facts({ load }))
        const places = decider.places()
        const owners = [...new Set(set.map(ownerOf))].sort()
        for (const owner of backwards ? owners.reverse() : owners) {
          const part = whole.filter((one) => ownerOf(one) === owner)
          const again = createDecider(manners, now, places).decide(
            set.filter((one) => ownerOf(one) === owner),
            facts(),
          )
          expect(again.map(shown)).toEqual(part.map(shown))
        }
      }),
    )
  })
})

const shown = ({ decision, reasonCode, dueAt, sender }: Decided): unknown => [
  decision,
  reasonCode,
  dueAt,
  sender,
]

describe('a set that takes seconds', () => {
  it('lets others have their turn, and is decided as it would be at once', () => {
    const set = Array.from({ length: 1_700 }, (_, n) =>
      candidate(n % 40, { dedupeKey: `offer:${String(n)}` }),
    )
    const turns = createDecider(loose, now).decideInTurns(set, facts())
    let pauses = 0
    let turn = turns.next()
    for (; turn.done !== true; turn = turns.next()) pauses += 1
    expect(pauses).toBeGreaterThanOrEqual(6)
    expect(turn.value).toEqual(decideAll(set, loose, facts(), now))
    expect(new Set(turn.value.map(({ decision }) => decision)).size).toBeGreaterThan(1)
  })
})
