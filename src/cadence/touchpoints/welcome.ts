import { z } from 'zod'
import { seconds } from '../../base/clock.ts'
import { render } from '../../content/index.ts'
import { textAt } from '../answer.ts'
import { attachmentsField, attachmentsOf } from '../attachments.ts'
import { common, maxBytes, wordingField } from '../fields.ts'
import { defineTouchpoint } from '../touchpoint.ts'

/** WeCom takes a welcome within 20 s of the event; the last two are left for the call (RELIABILITY.md §2). */
const withinMs = seconds(18)

const mostWays = 100
const settings = z.strictObject({
  ...common,
  wording: wordingField('personal', maxBytes.broadcast),
  ways: z
    .record(
      z.string().min(1).max(64),
      z.strictObject({
        wording: wordingField('personal', maxBytes.broadcast),
        attachments: attachmentsField,
      }),
    )
    .refine((ways) => Object.keys(ways).length <= mostWays, `最多 ${String(mostWays)} 个渠道`)
    .default({})
    .describe(
      '按渠道说不同的欢迎语：渠道标识 → 话术和附件；没写到的渠道用上面的 wording，没写附件的渠道带上面的 attachments',
    ),
})
type Settings = z.infer<typeof settings>

/** What is said to who came by it, where it has its own. */
const wayOf = ({ ways }: Settings, way: string): Partial<Settings['ways'][string]> =>
  (Object.hasOwn(ways, way) ? ways[way] : undefined) ?? {}

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
  onHappening: (_settings, { at, staff, detail }) => ({
    period: `${staff ?? ''}:${String(at)}`,
    wantedAt: at,
    expiresAt: at + withinMs,
    occasion: { key: '', way: textAt(detail, 'State') },
  }),
  mayCarry: ({ ways }) => Object.values(ways).flatMap(({ attachments }) => attachmentsOf(attachments)),
  compose(settings, _moment, _member, view, { way = '' }) {
    const { wording = settings.wording, attachments } = wayOf(settings, way)
    const text = render(wording, view)
    return attachments ? { text, attachments: attachmentsOf(attachments) } : { text }
  },
})
