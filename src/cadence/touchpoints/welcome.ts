import { z } from 'zod'
import { seconds } from '../../base/clock.ts'
import { render } from '../../content/index.ts'
import { common, maxBytes, wordingField } from '../fields.ts'
import { defineTouchpoint } from '../touchpoint.ts'

/** WeCom takes a welcome within 20 s of the event; the last two are left for the call (RELIABILITY.md §2). */
const withinMs = seconds(18)

const settings = z.strictObject({
  ...common,
  wording: wordingField('personal', maxBytes.broadcast),
})
type Settings = z.infer<typeof settings>

/** 欢迎语: the first words, at once. */
export const welcome = defineTouchpoint<Settings>({
  kind: 'welcome',
  title: '新客欢迎语',
  audience: 'customer',
  channel: 'welcome',
  purpose: 'service',
  personal: true,
  priority: 100,
  settings,
  looksFor: () => null,
  due: () => null,
  answers: ['contact-added'],
  onHappening: (_settings, { at, staff }) => ({
    period: `${staff ?? ''}:${String(at)}`,
    wantedAt: at,
    expiresAt: at + withinMs,
  }),
  compose: (settings, _moment, _member, view) => ({ text: render(settings.wording, view) }),
})
