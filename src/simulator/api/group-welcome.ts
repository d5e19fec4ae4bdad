import type { Context } from '../context.ts'
import { offerWelcome } from '../deeds/group-welcome.ts'
import { ApiError, invalid } from '../errors.ts'
import { optionalInteger, text, type Body } from '../params.ts'
import type { WelcomeTemplate } from '../records.ts'
import type { Api } from './call.ts'
import { readOffer } from './offer.ts'

const mostTemplates = 100
const mostTextBytes = 3_000

/** Entry greetings for groups: the API offers them, each owner picks one in the client (WECOM.md §3.3). */
function mustTemplate(ctx: Context, body: Body): WelcomeTemplate {
  const template = ctx.state.welcomeTemplates.get(text(body, 'template_id'))
  if (!template) throw invalid('template_id')
  return template
}

function checkAgent(ctx: Context, body: Body): void {
  const agentId = optionalInteger(body, 'agentid', 0, Number.MAX_SAFE_INTEGER)
  if (agentId !== undefined && !ctx.apps.some((app) => app.agentId === agentId)) throw new ApiError(40056)
}

export const groupWelcomeApis: readonly Api[] = [
  {
    path: 'externalcontact/group_welcome_template/add',
    method: 'POST',
    run({ ctx, body }) {
      checkAgent(ctx, body)
      const notify = optionalInteger(body, 'notify', 0, 1) ?? 1
      const offer = readOffer(ctx, body, mostTextBytes)
      if (ctx.state.welcomeTemplates.size >= mostTemplates) throw invalid('over 100 templates')
      const templateId = `msg${ctx.rng.text(29)}`
      ctx.state.welcomeTemplates.set(templateId, { templateId, ...offer })
      if (notify === 1) offerWelcome(ctx, templateId)
      return { template_id: templateId }
    },
  },
  {
    path: 'externalcontact/group_welcome_template/edit',
    method: 'POST',
    run({ ctx, body }) {
      const template = mustTemplate(ctx, body)
      checkAgent(ctx, body)
      Object.assign(template, readOffer(ctx, body, mostTextBytes))
      return {}
    },
  },
  {
    path: 'externalcontact/group_welcome_template/get',
    method: 'POST',
    run: ({ ctx, body }) => ({ ...mustTemplate(ctx, body).content }),
  },
  {
    path: 'externalcontact/group_welcome_template/del',
    method: 'POST',
    run({ ctx, body }) {
      checkAgent(ctx, body)
      const { templateId } = mustTemplate(ctx, body)
      ctx.state.welcomeTemplates.delete(templateId)
      for (const [chatId, chosen] of ctx.state.groupWelcomes)
        if (chosen === templateId) ctx.state.groupWelcomes.delete(chatId)
      return {}
    },
  },
]
