import { z } from 'zod'
import { seconds } from '../../base/clock.ts'
import { render } from '../../content/index.ts'
import { textAt } from '../answer.ts'
import { common, maxBytes, wordingField } from '../fields.ts'
import { defineTouchpoint } from '../touchpoint.ts'

/** The code of the event lives for 20 s; the last two are left for the call (WECOM.md §5). */
const withinMs = seconds(18)

const settings = z.strictObject({
  ...common,
  wording: wordingField('personal', maxBytes.menu),
  menu: z
    .array(z.string().min(1).max(20))
    .max(10)
    .default([])
    .describe('菜单：客户点一下就当作她发了这句话，最多 10 项，例如 转人工、退订'),
})
type Settings = z.infer<typeof settings>

/** 客服欢迎语: to whoever opens the conversation after two days of silence. */
export const kfWelcome = defineTouchpoint<Settings>({
  kind: 'kf-welcome',
  title: '客服欢迎语',
  audience: 'customer',
  channel: 'kf',
  purpose: 'service',
  personal: true,
  awaited: true,
  priority: 100,
  settings,
  looksFor: () => null,
  due: () => null,
  answers: ['kf-entered'],
  onHappening(_settings, { at, detail }) {
    const code = textAt(detail, 'code')
    if (code === '') return null
    return { period: `${textAt(detail, 'kfid')}:${String(at)}`, wantedAt: at, expiresAt: at + withinMs }
  },
  compose: ({ wording, menu }, _moment, _member, view) => ({ text: render(wording, view), menu }),
})
