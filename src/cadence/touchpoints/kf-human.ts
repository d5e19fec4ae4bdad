import { z } from 'zod'
import { minutes } from '../../base/clock.ts'
import { render } from '../../content/index.ts'
import { textAt } from '../answer.ts'
import { common, maxBytes, wordingField } from '../fields.ts'
import { defineTouchpoint } from '../touchpoint.ts'

/** Later than that somebody has spoken to her. */
const withinMs = minutes(10)

const settings = z.strictObject({
  ...common,
  wording: wordingField('personal', maxBytes.chat),
})
type Settings = z.infer<typeof settings>

/** 转人工: who asks for a person is handed over, and hears it. Without this touchpoint nobody is. */
export const kfHuman = defineTouchpoint<Settings>({
  kind: 'kf-human',
  title: '客服转人工',
  audience: 'customer',
  channel: 'kf',
  purpose: 'service',
  personal: true,
  awaited: true,
  priority: 99,
  settings,
  looksFor: () => null,
  due: () => null,
  answers: ['kf-handed-over'],
  // From here on only the code of the change may speak (WECOM.md §5).
  onHappening: (_settings, { at, detail }) =>
    textAt(detail, 'code') === ''
      ? null
      : { period: textAt(detail, 'asked'), wantedAt: at, expiresAt: at + withinMs },
  compose: ({ wording }, _moment, _member, view) => ({ text: render(wording, view) }),
})
