/** A worker of deliveries that dies in the middle of its work, for tests that ask what its successor finds. */
import type { Act } from '../src/base/act.ts'
import { createLog } from '../src/base/log.ts'
import { linkKey } from '../src/content/index.ts'
import { createDelivery } from '../src/delivery/index.ts'
import type { Channel, Delivery, ParcelDraft } from '../src/delivery/index.ts'
import type { World } from './outbox-world.ts'

class Killed extends Error {}

export interface Mortal {
  readonly delivery: Delivery
  /** Resolves when it has died; then nothing of it runs any more. */
  readonly death: Promise<'dead'>
}

/** A worker in which every step may be the last. A dead one is silent: its promises never resolve. */
export function mortalWorker(
  world: World,
  channels: readonly Channel[],
  mayDie: () => boolean,
  kills: (draft: ParcelDraft) => boolean = () => false,
): Mortal {
  let dead = false
  let announce: (dead: 'dead') => void = () => undefined
  const death = new Promise<'dead'>((ok) => {
    announce = ok
  })
  const silence = <T>(): Promise<T> => {
    dead = true
    announce('dead')
    return new Promise<T>(() => undefined)
  }
  const here = <T>(value: T): Promise<T> => (dead || mayDie() ? silence<T>() : Promise.resolve(value))
  const act: Act = async (actor, deed, lane) => {
    if (dead) return silence()
    try {
      const answer = await world.act(
        actor,
        async (ctx) => {
          const inside = await deed(ctx)
          if (dead || mayDie()) throw new Killed()
          return inside
        },
        lane,
      )
      return await here(answer)
    } catch (error) {
      if (error instanceof Killed) return silence()
      throw error
    }
  }
  const wrapped = channels.map((channel): Channel => ({
    ...channel,
    compose: (draft) => {
      if (!kills(draft)) return channel.compose(draft)
      void silence()
      throw new Killed()
    },
    send: async (parcel, signal) => {
      if (dead) return silence()
      return here(await channel.send(parcel, signal))
    },
  }))
  const delivery = createDelivery({
    db: world.db,
    act,
    clock: world.clock,
    log: createLog('silent'),
    channels: wrapped,
    links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
    reconcileDelaysMs: [300, 1_000, 3_000],
    failPoint: () => here(undefined),
  })
  return { delivery, death }
}
