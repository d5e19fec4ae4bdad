import type { Control } from './control.ts'
import { ApiError } from './errors.ts'
import { optionalText, text } from './params.ts'
import { isSnapshotDocument } from './snapshots.ts'

/** Worlds put aside, brought back, and handed out as a file. */
export const snapshotRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'GET snapshots': ({ ctx }) => ({ snapshots: ctx.snapshots.list() }),
  'GET snapshot': ({ ctx, parts }) => ctx.snapshots.document(parts[1] ?? ''),
  'POST snapshot': ({ ctx, body }) =>
    isSnapshotDocument(body) ? ctx.snapshots.load(body) : ctx.snapshots.take(optionalText(body, 'name')),
  'DELETE snapshot': ({ ctx, parts }) => {
    if (parts[1] === undefined) throw new ApiError(40063, 'id')
    ctx.snapshots.drop(parts[1])
    return { snapshots: ctx.snapshots.list() }
  },
  'POST restore': async ({ ctx, body }) => {
    const id = text(body, 'id')
    await ctx.snapshots.restore(id)
    return { id, now: ctx.clock.now() }
  },
}
