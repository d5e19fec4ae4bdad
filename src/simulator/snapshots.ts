import type { CallbacksImage } from './callbacks.ts'
import type { ClockImage } from './clock.ts'
import type { Context } from './context.ts'
import { WorldError } from './errors.ts'
import type { FaultsImage } from './faults.ts'
import { decode, encode, type Encoded } from './graph.ts'
import type { Window } from './limits.ts'
import { isBody, type Body } from './params.ts'
import type { RngImage } from './rng.ts'
import { createState, type State } from './state.ts'
import type {
  CallRow,
  LedgerRow,
  SimulatorSettings,
  SnapshotDocument,
  SnapshotInfo,
  Snapshots,
} from './types.ts'

const format = 'wecom-simulator-snapshot'

/** All that a restore brings back, in one piece: what its parts share is shared again. */
interface Image {
  readonly state: State
  readonly ledger: LedgerRow[]
  readonly calls: readonly CallRow[]
  readonly callbacks: CallbacksImage
  readonly clock: ClockImage
  readonly rng: RngImage
  readonly faults: FaultsImage
  readonly limiter: Map<string, Window>
  readonly settings: SimulatorSettings
}

const imageOf = (ctx: Context): Image => ({
  state: ctx.state,
  ledger: ctx.ledger.rows(),
  calls: ctx.calls,
  callbacks: ctx.callbacks.image(),
  clock: ctx.clock.image(),
  rng: ctx.rng.image(),
  faults: ctx.faults.image(),
  limiter: ctx.limiter.image(),
  settings: ctx.settings,
})

function apply(ctx: Context, image: Image): void {
  // A document of an older version knows fewer kinds of things: there were none.
  ctx.state = { ...createState(), ...image.state }
  ctx.ledger.restore(image.ledger)
  ctx.calls.length = 0
  for (const row of image.calls) ctx.calls.push(row)
  ctx.callbacks.restore(image.callbacks)
  ctx.rng.restore(image.rng)
  ctx.faults.restore(image.faults)
  ctx.limiter.restore(image.limiter)
  Object.assign(ctx.settings, image.settings)
  ctx.clock.restore(image.clock)
}

const infoOf = ({ id, name, takenAt }: SnapshotDocument): SnapshotInfo => ({ id, name, takenAt })

/** Whole worlds put aside. They outlive `/sim/reset` and are none of what a restore brings back. */
export function createSnapshots(ctx: Context): Snapshots {
  const kept = new Map<string, SnapshotDocument>()
  let count = 0
  const keep = (document: Omit<SnapshotDocument, 'id'>): SnapshotInfo => {
    const whole = { ...document, id: `snap${++count}` }
    kept.set(whole.id, whole)
    return infoOf(whole)
  }
  const must = (id: string): SnapshotDocument => {
    const document = kept.get(id)
    if (!document) throw new WorldError(`there is no snapshot ${id}`)
    return document
  }
  return {
    take: (name = '') =>
      ctx.clock.between(async () => {
        await ctx.callbacks.idle()
        const { corpId } = ctx.credentials
        return keep({
          format,
          version: 1,
          corpId,
          name,
          takenAt: ctx.clock.now(),
          world: encode(imageOf(ctx)),
        })
      }),
    restore: (id) =>
      ctx.clock.between(async () => {
        const document = must(id)
        // An event of the world that goes away would otherwise draw its next nonce from the one that comes.
        await ctx.callbacks.idle()
        apply(ctx, decode(document.world as Encoded) as Image)
      }),
    list: () => [...kept.values()].map(infoOf),
    drop(id) {
      must(id)
      kept.delete(id)
    },
    document: must,
    load: (document) => keep(read(ctx, document)),
  }
}

export const isSnapshotDocument = (body: Body): boolean => body['format'] === format

function read(ctx: Context, document: unknown): Omit<SnapshotDocument, 'id'> {
  if (!isBody(document) || !isSnapshotDocument(document)) throw new WorldError(`this is no ${format}`)
  const { version, corpId, name, takenAt, world } = document
  if (version !== 1) throw new WorldError(`version ${String(version)} of the snapshot is not known here`)
  if (corpId !== ctx.credentials.corpId)
    throw new WorldError(`the snapshot is of corp ${String(corpId)}: start with the seed it was taken with`)
  if (!isBody(world) || typeof takenAt !== 'number') throw new WorldError('the snapshot is damaged')
  const image = decode(world as Encoded)
  const parts = ['state', 'ledger', 'calls', 'callbacks', 'clock', 'rng', 'faults', 'limiter', 'settings']
  if (!isBody(image) || parts.some((part) => typeof image[part] !== 'object'))
    throw new WorldError('the snapshot is damaged')
  return { format, version, corpId, name: typeof name === 'string' ? name : '', takenAt, world }
}
