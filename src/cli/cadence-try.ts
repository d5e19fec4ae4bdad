/** `siyu cadence try`: one touchpoint, as a customer would read it, to a member of staff. The only verb that speaks. */
import type { Actor } from '../base/act.ts'
import { wallClock } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import { tryTouchpoint } from '../cadence/index.ts'
import type { CadenceParts, PostToStaff, Trial } from '../cadence/index.ts'
import type { Core } from '../core.ts'
import { createApi, createClient, createSharedToken, createStaffNote } from '../wecom/index.ts'
import { cadenceFor, customerNamed } from './cadence.ts'

export interface TryOptions {
  readonly to: string
  readonly customer?: string | undefined
  /** A cadence that is not published, instead of the one in force. */
  readonly file?: string | undefined
}

const actor: Actor = { kind: 'cli', verb: 'cadence try' }

export async function cadenceTry(
  parts: CadenceParts & { readonly publicUrl: string; readonly post: PostToStaff },
  touchpoint: string,
  { to, customer, file }: TryOptions,
): Promise<Trial> {
  const { reader } = parts.db
  return tryTouchpoint({ ...parts, reader }, actor, {
    cadence: await cadenceFor(parts, file),
    touchpoint,
    to,
    customer: customer === undefined ? null : await customerNamed(reader, customer),
  })
}

/** A client of its own for one verb; the server's token is shared where servers share it. */
export async function withStaffNote<T>(
  { env, db }: Core,
  verb: (post: PostToStaff) => Promise<T>,
): Promise<T> {
  if (env.wecom.corpId === 'offline')
    throw new Refusal('no-wecom', 'WeCom is not set up here, so nothing can be sent.', 409, {
      fix: 'run it where the server runs, with its .env; siyu doctor says what is missing',
    })
  const clock = wallClock
  const log = createLog(env.logLevel, process.stderr)
  const sharedToken =
    db.dialect === 'sqlite'
      ? null
      : createSharedToken({ db, clock, log, masterKey: env.masterKey, app: env.wecom })
  const client = createClient(env.wecom, { clock, sharedToken })
  try {
    return await verb(createStaffNote({ api: createApi(client), agentId: env.wecom.agentId }))
  } finally {
    await client.close()
  }
}
