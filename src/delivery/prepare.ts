/** What a call needs before it can be written down, fetched outside any transaction: the files that go with the words. */
import { system } from '../base/act.ts'
import type { Ctx } from '../base/act.ts'
import { lockPromises, move } from '../outbox/index.ts'
import type { Move, PromiseRow } from '../outbox/index.ts'
import type { Channel, FileIds } from './channel.ts'
import { contentOf } from './parts.ts'
import type { Works } from './parts.ts'

const none: FileIds = new Map()
/** A large file over a slow line. */
const prepareMs = 90_000

/** Null when they cannot be had now, or never: then the promises have been put back or refused. */
export async function prepareCall(
  works: Works,
  channel: Channel,
  claimed: readonly PromiseRow[],
): Promise<FileIds | null> {
  const [first] = claimed
  const attachments = (first && contentOf(first).attachments) ?? []
  if (attachments.length === 0 || !channel.prepare) return none
  const prepared = await channel.prepare(attachments, AbortSignal.timeout(prepareMs))
  await works.failPoint('prepared')
  switch (prepared.kind) {
    case 'ready':
      return prepared.files
    case 'retry':
      await works.act(system('delivery'), (ctx) =>
        moveOurs(ctx, claimed, { to: 'queued', readyAt: ctx.now + prepared.afterMs }),
      )
      return null
    case 'refused':
      await works.act(system('delivery'), (ctx) =>
        moveOurs(ctx, claimed, { to: 'refused', code: prepared.code, words: prepared.why }),
      )
      return null
  }
}

/** Those that nobody has taken over meanwhile. */
async function moveOurs(ctx: Ctx, claimed: readonly PromiseRow[], change: Move): Promise<void> {
  const epochs = new Map(claimed.map(({ id, epoch }) => [id, epoch]))
  const locked = await lockPromises(ctx.tx, [...epochs.keys()])
  await move(
    ctx,
    locked.filter((row) => row.state === 'claimed' && row.epoch === epochs.get(row.id)),
    change,
  )
}
