import type { Control } from './control.ts'
import { reactToMoment, staffMoment } from './deeds/moments.ts'
import { optionalText, text } from './params.ts'

/** Without `external_userid` it is the staff member who reacts. */
function react(kind: 'like' | 'comment') {
  return ({ ctx, body }: Control): unknown => {
    const userid = text(body, 'userid')
    reactToMoment(ctx, kind, text(body, 'moment_id'), userid, optionalText(body, 'external_userid') ?? userid)
    return { ok: true }
  }
}

/** Moments as people see them: liked, commented on, made by a staff member alone. */
export const momentRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'POST moments/like': react('like'),
  'POST moments/comment': react('comment'),
  'POST staff/moment': ({ ctx, body }) => ({
    moment_id: staffMoment(ctx, text(body, 'userid'), text(body, 'text')).momentId,
  }),
}
