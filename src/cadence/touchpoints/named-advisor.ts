import { z } from 'zod'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  afterMinutes: z.number().int().min(0).max(2_880).default(60),
  /** A whole share is named in one night: some of them hear it days later. */
  withinHours: z.number().int().min(1).max(240).default(168),
  onceInDays: z.number().int().min(1).max(730).default(360),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

/** 专属顾问: whoever was given an advisor by name hears from her, in her own words. */
export const namedAdvisor = defineTouchpoint<Settings>({
  kind: 'named-advisor',
  title: '专属顾问自我介绍',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 78,
  settings,
  sample: () => ({ key: 'sample' }),
  due: () => null,
  answers: ['advisor-named'],
  onHappening(settings, happened, { advisor }) {
    const staff = textAt(happened.detail, 'staff')
    // Nobody introduces somebody else; and what was said in the meantime may be another name.
    if (advisor?.userid !== staff) return null
    const by = textAt(happened.detail, 'by') === 'person' ? '由人工指定' : '预计价值居前'
    return {
      ...answerDue(settings, happened, `${staff}:${String(happened.at)}`),
      occasion: { key: staff, words: by },
    }
  },
  rests: ({ onceInDays }) => restsFor(onceInDays, '自我介绍'),
  endedBy: ['advisor-unnamed', 'advisor-named'],
  ends: (_settings, { kind, detail }, period) =>
    (kind === 'advisor-unnamed') === period.startsWith(`${textAt(detail, 'staff')}:`)
      ? { code: 'moved-on', words: '专属顾问换了人，这条不再适用' }
      : null,
  compose(settings, _moment, _member, view, { words = '' }) {
    return {
      text: noteText(settings, settings.wording, view),
      why: `您刚成为她的专属顾问${words === '' ? '' : `（${words}）`}，打个招呼`,
      target: 'me',
    }
  },
})
