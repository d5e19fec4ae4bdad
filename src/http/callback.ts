import type { Middleware } from 'koa'

/** Takes `/wecom/callback` before anything else looks at the request. */
export interface CallbackDoor {
  readonly middleware: Middleware
}
