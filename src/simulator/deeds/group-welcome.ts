import type { Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { customersIn } from '../state.ts'
import type { Group, GroupMember } from '../types.ts'
import { arrived, arrivedAtStaff } from './deliver.ts'

/** The owner picks a template in the client; the API can only offer it (WECOM.md §3.3). */
export function chooseWelcome(ctx: Context, chatId: string, templateId: string): void {
  if (!ctx.state.groups.has(chatId)) throw new WorldError(`there is no group ${chatId}`)
  if (!ctx.state.welcomeTemplates.has(templateId))
    throw new WorldError(`there is no welcome template ${templateId}`)
  ctx.state.groupWelcomes.set(chatId, templateId)
}

/** With `notify` every owner of a group hears of the template. */
export function offerWelcome(ctx: Context, templateId: string): void {
  const template = ctx.state.welcomeTemplates.get(templateId)
  if (!template) return
  const { text, content: body } = template
  for (const userid of new Set([...ctx.state.groups.values()].map((group) => group.owner))) {
    arrivedAtStaff(ctx, {
      userid,
      kind: 'other',
      msgid: templateId,
      at: ctx.clock.now(),
      text,
      links: linksIn(body),
      body,
    })
  }
}

/** The platform greets the customers who just joined, in the owner's name. */
export function welcomeInGroup(ctx: Context, group: Group, joined: readonly GroupMember[]): void {
  const template = ctx.state.welcomeTemplates.get(ctx.state.groupWelcomes.get(group.chatId) ?? '')
  const customers = customersIn(joined)
  if (!template || customers.length === 0) return
  const names = customers.map((id) => ctx.state.customers.get(id)?.name ?? '').join('、')
  const row = ctx.ledger.add({
    api: 'group_welcome_template',
    via: 'api',
    msgid: template.templateId,
    sender: group.owner,
    recipientKind: 'group',
    recipient: group.chatId,
    text: template.text.replaceAll('%NICKNAME%', names),
    links: linksIn(template.content),
    body: template.content,
    acceptedAt: ctx.clock.now(),
    status: 'sent',
    resultStatus: 1,
  })
  arrived(ctx, row)
}
