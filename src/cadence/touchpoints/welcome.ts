import { z } from 'zod'
import { seconds } from '../../base/clock.ts'
import { render } from '../../content/index.ts'
import { textAt } from '../answer.ts'
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
      z.strictObject({ wording: wordingField('personal', maxBytes.broadcast) }),
    )
    .refine((ways) => Object.keys(ways).length <= mostWays, `最多 ${String(mostWays)} 个渠道`)
    .default({})
    .describe('按渠道说不同的欢迎语：渠道标识 → 话术；没写到的渠道用上面的 wording'),
})
type Settings = z.infer<typeof settings>

/** Those of the way she came by, where it has its own. */
const wordingFor = ({ ways, wording }: Settings, way: string): string =>
  (Object.hasOwn(ways, way) ? ways[way]?.wording : undefined) ?? wording

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
  compose: (settings, _moment, _member, view, { way = '' }) => ({
    text: render(wordingFor(settings, way), view),
  }),
})
