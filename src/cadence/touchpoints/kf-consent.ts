import { z } from 'zod'
import { hours } from '../../base/clock.ts'
import { render } from '../../content/index.ts'
import { textAt } from '../answer.ts'
import { common, maxBytes, wordingWithWayOut } from '../fields.ts'
import { defineTouchpoint } from '../touchpoint.ts'

/** Her window is open for 48 hours from what she wrote. */
const withinMs = hours(47)

const optedOut = 'opt-out'

const settings = z.strictObject({
  ...common,
  wording: wordingWithWayOut('personal', maxBytes.chat),
  back: wordingWithWayOut('personal', maxBytes.chat).describe('恢复订阅后的答复'),
})
type Settings = z.infer<typeof settings>

/** 退订答复: she hears that it holds. It holds without the answer, from the moment her message was read. */
export const kfConsent = defineTouchpoint<Settings>({
  kind: 'kf-consent',
  title: '客服退订答复',
  audience: 'customer',
  channel: 'kf',
  purpose: 'service',
  personal: true,
  awaited: true,
  priority: 99,
  settings,
  looksFor: () => null,
  due: () => null,
  answers: ['opted-out', 'opted-in'],
  onHappening(_settings, { kind, at, detail }) {
    if (detail['via'] !== 'kf') return null
    const what = kind === 'opted-out' ? optedOut : 'opt-in'
    return {
      // The instant first: what was asked first is answered first.
      period: `${String(at)}:${textAt(detail, 'asked')}`,
      wantedAt: at,
      expiresAt: at + withinMs,
      occasion: { key: what },
    }
  },
  sample: () => ({ key: optedOut }),
  compose: ({ wording, back }, _moment, _member, view, { key }) => ({
    text: render(key === optedOut ? wording : back, view),
  }),
})
