/** Understands, after the commit, the nested parts that `scan.ts` left as raw XML in the log's detail. */
import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  trimValues: true,
  isArray: (name) => ['Item', 'SelectedItem', 'OptionId'].includes(name),
})

const text = z.string().catch('')

/** `MemChangeList` comes as `id1,id2` or as `<Item>id1</Item><Item>id2</Item>` (WECOM.md §2.6). */
export function memberIds(raw: string): string[] {
  const parsed = raw.includes('<')
    ? z.object({ list: z.object({ Item: z.array(text) }) }).safeParse(parser.parse(`<list>${raw}</list>`))
    : null
  const ids = parsed === null ? raw.split(',') : parsed.success ? parsed.data.list.Item : []
  return [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ''))]
}

export interface Selected {
  readonly question: string
  readonly options: readonly string[]
}

const selectedItems = z.object({
  list: z.object({
    SelectedItem: z.array(
      z.object({
        QuestionKey: text,
        OptionIds: z.object({ OptionId: z.array(text) }).catch({ OptionId: [] }),
      }),
    ),
  }),
})

/** What a member chose on a card. */
export function selectedOptions(raw: string): Selected[] {
  const parsed = selectedItems.safeParse(parser.parse(`<list>${raw}</list>`))
  if (!parsed.success) return []
  return parsed.data.list.SelectedItem.map(({ QuestionKey, OptionIds }) => ({
    question: QuestionKey,
    options: OptionIds.OptionId,
  }))
}
