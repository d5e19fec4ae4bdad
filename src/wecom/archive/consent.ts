/**
 * Who agreed that her conversation is kept. Nothing is kept of whoever disagreed, or of whom nothing is known: first the
 * log is asked, then WeCom where it can be. Without an answer she counts as unknown.
 */
import type { Happening } from '../../base/act.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { consentRows } from './archive.store.ts'
import type { Scope } from './record.ts'

export interface Conversation {
  readonly external: string
  readonly scope: Scope
}

export interface Open extends Conversation {
  /** When it was first heard of, for an answer without a time. */
  readonly at: Instant
}

export interface Answered extends Conversation {
  readonly agreed: boolean
  readonly at: Instant
}

/** Asks WeCom (`msgaudit/check_single_agree`, `check_room_agree`); leaves out whom it does not answer for. */
export type AskConsent = (conversations: readonly Open[]) => Promise<readonly Answered[]>

/** What is remembered of a run is thrown away beyond so many conversations: the log knows it still. */
const mostRemembered = 50_000

interface Said {
  readonly agreed: boolean
  readonly at: Instant
}

const nameOf = ({ external, scope }: Conversation): string =>
  `${external}\n${'staff' in scope ? `staff ${scope.staff.toLowerCase()}` : `chat ${scope.chat}`}`

const scopeOf = ({ staff, chat }: { staff: string | null; chat: string | null }): Scope =>
  chat === null ? { staff: staff ?? '' } : { chat }

export function createConsents(reader: Reader, ask: AskConsent | null) {
  const said = new Map<string, Said>()
  /** Asked, and nobody knew. */
  const unknown = new Set<string>()

  /** The newest statement counts, in whatever order they come. */
  function learn(conversation: Conversation, { agreed, at }: Said): void {
    const name = nameOf(conversation)
    unknown.delete(name)
    if (at >= (said.get(name)?.at ?? 0)) said.set(name, { agreed, at })
  }

  return {
    learn,
    hasAgreed: (conversation: Conversation): boolean => said.get(nameOf(conversation))?.agreed === true,
    /** Finds out about these; answers what is new and belongs into the log. */
    async prepare(conversations: readonly Open[]): Promise<Happening[]> {
      if (said.size + unknown.size > mostRemembered) {
        said.clear()
        unknown.clear()
      }
      const missing = new Map(
        conversations
          .map((one) => [nameOf(one), one] as const)
          .filter(([name]) => !said.has(name) && !unknown.has(name)),
      )
      if (missing.size === 0) return []
      const externals = [...new Set([...missing.values()].map(({ external }) => external))]
      for (const row of await consentRows(reader, externals))
        learn(
          { external: row.external, scope: scopeOf(row) },
          { agreed: row.kind === 'archive-agreed', at: row.at },
        )
      const open = [...missing].filter(([name]) => !said.has(name))
      for (const [name] of open) unknown.add(name)
      if (ask === null || open.length === 0) return []
      const answers = await ask(open.map(([, one]) => one))
      for (const answer of answers) learn(answer, answer)
      return answers.map((answer) =>
        consentHappening(answer, `asked:${nameOf(answer).replaceAll('\n', ':')}:${String(answer.at)}`),
      )
    },
  }
}

export const consentHappening = (
  { external, scope, agreed, at }: Answered,
  sourceKey: string,
): Happening => ({
  kind: agreed ? 'archive-agreed' : 'archive-disagreed',
  at,
  source: archiveSource,
  sourceKey,
  who: { external, ...scope },
  detail: {},
})

/** The name of the archive in the log. */
export const archiveSource = 'archive'
