/**
 * What every channel promises delivery, as one suite. An adapter's test gives a rig per channel; the suite asks only
 * through the port and counts only what the other side says it has.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Instant } from '../base/clock.ts'
import { OutsideFailure } from '../base/errors.ts'
import type { Channel, Outcome, Parcel, ParcelDraft, RecipientResult } from './channel.ts'

/** What happens to the next call. `gone`: the other side cannot be reached at all. */
export type Mishap =
  | 'lost-before'
  | 'lost-after'
  | 'late'
  | 'cut'
  | 'garbage'
  | 'gone'
  | 'busy'
  | 'limit'
  | 'forbidden'
  | 'no-permission'

export interface ChannelRig {
  readonly channel: Channel
  now(): Instant
  /** Moves both clocks. */
  pass(ms: number): Promise<void>
  /** A draft that is accepted, to so many different subjects. */
  draft(subjects: number): Promise<ParcelDraft> | ParcelDraft
  /** Somebody the API names in its fail_list; only for channels with many recipients. */
  readonly stranger?: string
  next(mishap: Mishap): void
  calm(): void
  /** Things of this parcel that the other side has and that were not taken back. */
  live(parcel: Parcel): number
  /** An advisor presses for everybody; `except` is not reached for this reason (2: no friend, 3: quota). */
  press?(
    remoteId: string,
    except?: { readonly subject: string; readonly reason: 2 | 3 },
  ): Promise<void> | void
  /** The API lists only who got it (groups): nobody waits by name, and there is one code for all who did not. */
  readonly listsSentOnly?: boolean
  /** Each recipient is a member of the staff who presses for herself: who has not, waits. */
  readonly waitsForEach?: boolean
  /** Reminding is ours, so nobody says that it is too often. */
  readonly remindsFreely?: boolean
  /** Only after so long an empty look proves absence. */
  readonly sureAfterMs?: number
  /** The customer's words are not in the call: a card shows their beginning. */
  readonly cutsWords?: boolean
  close(): Promise<void>
}

const signal = (): AbortSignal => AbortSignal.timeout(60_000)
/** WeCom hands a broadcast out for half a minute before it can be asked about. */
const handOutMs = 31_000
const dayMs = 86_400_000

/** `can`: the channel as it is made; what it does not offer is not asked of it. */
export function channelContract(name: string, can: Channel, open: () => Promise<ChannelRig>): void {
  describe(`the channel ${name}`, () => {
    let rig: ChannelRig
    beforeAll(async () => {
      rig = await open()
    })
    afterEach(() => rig.calm())
    afterAll(() => rig.close())

    const parcelOf = (draft: ParcelDraft, more: Partial<Parcel> = {}): Parcel => ({
      ...draft,
      body: rig.channel.compose(draft),
      intentAt: rig.now(),
      calledAt: rig.now(),
      ...more,
    })
    const parcel = async (subjects = 1): Promise<Parcel> => parcelOf(await rig.draft(subjects))
    const send = (one: Parcel): Promise<Outcome> => rig.channel.send(one, signal())
    const after = async (mishap: Mishap): Promise<Outcome> => {
      const one = await parcel()
      rig.next(mishap)
      const outcome = await send(one)
      rig.calm()
      return outcome
    }
    /** Under the id of what its job has made, where the call starts one. */
    async function named(one: Parcel & { readonly remoteId: string }): Promise<typeof one> {
      const made = await rig.channel.made?.(one, signal())
      if (made === undefined) return one
      if (made.kind !== 'made') throw new Error(`${name}: ${JSON.stringify(made)}`)
      return { ...one, remoteId: made.remoteId }
    }
    async function accepted(subjects = 1): Promise<Parcel & { readonly remoteId: string }> {
      const one = await parcel(subjects)
      const outcome = await send(one)
      if (!('remoteId' in outcome)) throw new Error(`${name}: ${JSON.stringify(outcome)}`)
      return { ...one, remoteId: outcome.remoteId }
    }

    it('composes the same bytes for the same draft, changes nothing, and carries what finds it again', async () => {
      const draft = frozen(await rig.draft(Math.min(3, rig.channel.maxRecipients)))
      const body = rig.channel.compose(draft)
      expect(rig.channel.compose(draft)).toBe(body)
      expect(JSON.parse(body)).toBeTypeOf('object')
      const marks = [draft.batchToken, ...draft.recipients.map(({ promise }) => promise)]
      expect(marks.some((mark) => body.includes(mark))).toBe(true)
    })

    it('says that it was accepted, under a remote id of its own', async () => {
      const [one, two] = [await accepted(), await accepted()]
      expect(one.remoteId).not.toBe('')
      expect(one.remoteId).not.toBe(two.remoteId)
      if (can.made) await rig.pass(handOutMs)
      expect([rig.live(one), rig.live(two)]).toEqual([1, 1])
    })

    it('says unknown when the words may have left, and never throws', async () => {
      for (const mishap of ['lost-before', 'lost-after', 'late', 'cut', 'garbage'] as const)
        expect([mishap, await after(mishap)]).toMatchObject([mishap, { kind: 'unknown' }])
    })

    it('says retry when they surely have not, for the whole channel where the limit is not this message’s', async () => {
      expect(await after('busy')).toMatchObject({ kind: 'retry' })
      expect(await after('gone')).toMatchObject({ kind: 'retry', channelWide: true })
      for (const mishap of ['no-permission', 'limit'] as const) {
        const outcome = await after(mishap)
        expect([mishap, outcome]).toMatchObject([mishap, { kind: 'retry', channelWide: true }])
        if (outcome.kind === 'retry') expect(outcome.afterMs).toBeGreaterThanOrEqual(60_000)
        await rig.pass(dayMs)
      }
    })

    it('says refused with a stable code and words for people', async () => {
      const outcome = await after('forbidden')
      expect(outcome).toMatchObject({ kind: 'refused', code: 'forbidden-words' })
      if (outcome.kind === 'refused') expect(outcome.why).toMatch(/\p{Script=Han}/u)
    })

    it('answers also when the call is given up', async () => {
      const stop = new AbortController()
      stop.abort()
      const one = await parcel()
      const outcome = await rig.channel.send(one, stop.signal)
      expect(['retry', 'unknown']).toContain(outcome.kind)
      expect(rig.live(one)).toBe(0)
    })

    if (can.results ?? can.perSender)
      it('refuses what nobody can send', async () => {
        const nobody = parcelOf({ ...(await rig.draft(1)), sender: null })
        expect(await send(nobody)).toMatchObject({ kind: 'refused', code: 'no-advisor' })
      })

    it('never throws at words that are too long: refused, or cut where only a card shows them', async () => {
      const draft = await rig.draft(1)
      const outcome = await send(parcelOf({ ...draft, text: `${draft.text}${'长'.repeat(5_000)}` }))
      expect(outcome.kind).toBe(rig.cutsWords ? 'waiting' : 'refused')
    })

    if (can.resendWithinMs !== undefined)
      it('makes one thing of the same bytes, where it says that repeating is harmless', async () => {
        const one = await parcel()
        rig.next('lost-after')
        expect((await send(one)).kind).toBe('unknown')
        rig.calm()
        expect(['sent', 'waiting']).toContain((await send(one)).kind)
        expect(rig.live(one)).toBe(1)
      })

    if (can.maxRecipients > 1 && !can.made)
      it('names each recipient that was refused at once', async () => {
        const draft = await rig.draft(2)
        const [known] = draft.recipients
        if (!known) throw new Error('no recipient')
        const outcome = await send(
          parcelOf({
            ...draft,
            recipients: [known, { ...known, promise: 'p-stranger', subject: rig.stranger ?? '' }],
          }),
        )
        expect(outcome).toMatchObject({
          kind: 'waiting',
          failed: [{ subject: rig.stranger, code: 'not-a-friend' }],
        })
      })

    if (can.find)
      it('finds what a lost call made, and nothing else; says unsure while it cannot know', async () => {
        const { find } = must(rig.channel, 'find')
        await accepted()
        const [lost, never] = [await parcel(), await parcel()]
        rig.next('lost-before')
        await send(never)
        rig.calm()
        rig.next('lost-after')
        await send(lost)
        rig.calm()
        const sureAfterMs = rig.sureAfterMs ?? handOutMs
        if (rig.sureAfterMs !== undefined) expect(await find(never, signal())).toBe('unsure')
        await rig.pass(sureAfterMs)
        const found = await find(lost, signal())
        expect(found).toMatchObject([{ confirmed: false }])
        expect(await find(never, signal())).toEqual([])
        // An hour later somebody asks for a call that was meant after all this: nothing older can be its own.
        await rig.pass(3_600_000)
        const later = rig.now()
        await rig.pass(sureAfterMs)
        expect(await find({ ...lost, intentAt: later, calledAt: later }, signal())).toEqual([])
        if (found === 'unsure' || !found[0]) throw new Error('not found')
        await rig.press?.(found[0].remoteId)
        expect(await find(lost, signal())).toEqual([{ remoteId: found[0].remoteId, confirmed: true }])
        const second = await send(lost)
        await rig.pass(handOutMs)
        expect(await find(lost, signal())).toHaveLength(2)
        expect(second.kind).toBe('waiting')
      })

    if (can.results)
      it('tells who got it and when, and why the others did not', async () => {
        const { results } = must(rig.channel, 'results')
        for (const [reason, code] of [
          [2, 'not-a-friend'],
          [3, 'quota-used'],
        ] as const) {
          const asked = await accepted(2)
          await rig.pass(handOutMs)
          const one = await named(asked)
          const all = async (): Promise<RecipientResult[]> => {
            const list: RecipientResult[] = []
            for await (const result of results(one, signal())) list.push(result)
            return list
          }
          expect((await all()).map(({ status }) => status)).toEqual(
            rig.listsSentOnly ? [] : ['waiting', 'waiting'],
          )
          const [first, second] = one.recipients.map(({ subject }) => subject)
          const pressedAt = rig.now()
          await rig.press?.(one.remoteId, { subject: second ?? '', reason })
          const of = new Map((await all()).map((result) => [result.subject, result]))
          const sent = of.get(first ?? '')
          expect(sent?.status).toBe('sent')
          if (rig.waitsForEach === true) {
            expect(of.get(second ?? '')?.status).toBe('waiting')
            continue
          }
          expect(of.get(second ?? '')).toMatchObject({
            status: 'refused',
            code: rig.listsSentOnly ? 'not-delivered' : code,
          })
          expect(of.get(second ?? '')?.words).toMatch(/\p{Script=Han}/u)
          expect(Math.abs((sent?.at ?? 0) - pressedAt)).toBeLessThanOrEqual(1_000)
        }
      })

    if (can.cancel)
      it('takes back, twice without harm, and says so when it cannot', async () => {
        const { cancel } = must(rig.channel, 'cancel')
        const called = await accepted()
        if (can.made) await rig.pass(handOutMs)
        const one = await named(called)
        await cancel(one.remoteId, signal())
        await cancel(one.remoteId, signal())
        expect(rig.live(one)).toBe(0)
        await expect(cancel('msg-nobody-made', signal())).rejects.toBeInstanceOf(OutsideFailure)
      })

    if (can.made)
      it('knows what the job of a call has made, and waits while it is at work', async () => {
        const { made } = must(rig.channel, 'made')
        const one = await accepted()
        expect(await made(one, signal())).toEqual({ kind: 'not-yet' })
        await rig.pass(handOutMs)
        const { remoteId } = await named(one)
        expect(remoteId).not.toBe(one.remoteId)
        expect(await made({ ...one, remoteId }, signal())).toEqual({ kind: 'made', remoteId })
        // Nobody asked for two days, and the job is forgotten.
        await rig.pass(2 * dayMs)
        expect(await made(one, signal())).toEqual({ kind: 'made', remoteId })
        const lost = { ...(await parcel()), remoteId: 'job:nobody-made', calledAt: rig.now() - 2 * dayMs }
        expect(await made(lost, signal())).toMatchObject({ kind: 'refused' })
      })

    if (can.remind)
      it('reminds three times a day and then says that it is too often, where it is WeCom’s', async () => {
        const { remind } = must(rig.channel, 'remind')
        const one = await accepted()
        if (can.made) await rig.pass(handOutMs)
        const { remoteId } = await named(one)
        const said: string[] = []
        for (let n = 0; n < 4; n += 1) said.push(await remind(remoteId, signal()))
        const last = rig.remindsFreely === true ? 'reminded' : 'too-often'
        expect(said).toEqual(['reminded', 'reminded', 'reminded', last])
        await rig.pass(dayMs + 1)
        expect(await remind(remoteId, signal())).toBe('reminded')
      })

    if (can.nudge)
      it('tells an advisor what waits, and says so when it cannot', async () => {
        const { nudge } = must(rig.channel, 'nudge')
        const { sender } = await rig.draft(1)
        await nudge(sender ?? '', '还有 2 件待办', signal())
        await expect(nudge('nobody-by-this-name', '还有 2 件待办', signal())).rejects.toBeInstanceOf(
          OutsideFailure,
        )
      })
  })
}

function frozen(draft: ParcelDraft): ParcelDraft {
  for (const recipient of draft.recipients) Object.freeze(recipient)
  Object.freeze(draft.recipients)
  return Object.freeze(draft)
}

function must<K extends keyof Channel>(channel: Channel, part: K): Channel & Required<Pick<Channel, K>> {
  if (!offers(channel, part)) throw new Error(`${channel.name} does not offer ${part}`)
  return channel
}

const offers = <K extends keyof Channel>(
  channel: Channel,
  part: K,
): channel is Channel & Required<Pick<Channel, K>> => channel[part] !== undefined
