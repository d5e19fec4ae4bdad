import type { Control } from './control.ts'
import { botEnter, botSays, clickBotCard } from './deeds/bot.ts'
import { optionalText, text } from './params.ts'

/** The smart bot's people and its wire (WECOM.md §4.4). */
export const botRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'POST bot/says': ({ ctx, body }) => {
    const chatid = optionalText(body, 'chatid')
    const says = { userid: text(body, 'userid'), text: text(body, 'text') }
    return botSays(ctx, { ...says, ...(chatid === undefined ? {} : { chatid }) })
  },
  'POST bot/enter': ({ ctx, body }) => botEnter(ctx, text(body, 'userid')),
  'POST bot/card-click': ({ ctx, body }) =>
    clickBotCard(ctx, text(body, 'userid'), text(body, 'taskId'), text(body, 'key')),
  'POST bot/kick': ({ ctx }) => {
    const { line } = ctx.bot
    line?.kick()
    return { connected: line !== null }
  },
  'POST bot/drop': ({ ctx }) => {
    const { line } = ctx.bot
    line?.cut()
    return { connected: line !== null }
  },
  'GET bot/messages': ({ ctx, query }) => ({
    connected: ctx.bot.line !== null,
    rows: ctx.state.bot.messages.slice(Number(query.get('since') ?? 0)),
  }),
}
