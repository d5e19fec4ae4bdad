import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import type { Extension } from '@codemirror/state'
import { hoverTooltip } from '@codemirror/view'
import { keyOn, keysFor, type Node } from './schema-path.ts'

/** Keys are offered while typing and told when pointed at, from the schema that the server reads the cadence with. */
export const schemaHelp = (schema: () => Node | undefined): Extension => [
  autocompletion({ override: [offer(schema)], icons: false }),
  hoverTooltip((view, position) => {
    const known = schema()
    const line = view.state.doc.lineAt(position)
    const found = known && keyOn(known, view.state.doc.toString().split('\n'), line.number - 1)
    if (!found || position < line.from + found.from || position > line.from + found.to) return null
    return {
      pos: line.from + found.from,
      end: line.from + found.to,
      create() {
        const dom = document.createElement('div')
        dom.className = 'cm-schema'
        const title = dom.appendChild(document.createElement('b'))
        title.textContent = found.title
        if (found.description) dom.appendChild(document.createElement('p')).textContent = found.description
        return { dom }
      },
    }
  }),
]

const offer =
  (schema: () => Node | undefined) =>
  (context: CompletionContext): CompletionResult | null => {
    const known = schema()
    const word = context.matchBefore(/[A-Za-z0-9_-]*/)
    if (!known || !word || (word.from === word.to && !context.explicit)) return null
    const line = context.state.doc.lineAt(context.pos)
    if (!/^\s*(?:- +)?$/.test(line.text.slice(0, word.from - line.from))) return null
    const lines = context.state.doc.toString().split('\n')
    return {
      from: word.from,
      validFor: /^[A-Za-z0-9_-]*$/,
      options: keysFor(known, lines, line.number - 1).map(({ key, title, description }) => ({
        label: key,
        detail: title,
        apply: `${key}: `,
        ...(description ? { info: description } : {}),
      })),
    }
  }
