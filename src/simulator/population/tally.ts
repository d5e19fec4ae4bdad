/** What the crowd did, counted. A failed request is counted and its first words are kept: nothing is swallowed. */
const counts = {
  messages: 0,
  /** Links opened, all redirects followed to the page. */
  clicks: 0,
  /** Links to other sites than the shop's: nobody goes there. */
  foreignLinks: 0,
  visitsToMe: 0,
  votes: 0,
  wrongAnswers: 0,
  finds: 0,
  coupons: 0,
  optOuts: 0,
  orders: 0,
  orderFen: 0,
  joins: 0,
  deletes: 0,
  groupJoins: 0,
  groupLeaves: 0,
  /** Cards that arrived at advisors, and how many were never opened. */
  cards: 0,
  cardsIgnored: 0,
  sidebarOpens: 0,
  sidebarSends: 0,
  skips: 0,
}

export type Count = keyof typeof counts

export interface PopulationReport extends Readonly<typeof counts> {
  readonly failures: { readonly count: number; readonly first: readonly string[] }
}

const keptFailures = 20

export interface Tally {
  add(count: Count, by?: number): void
  fail(what: string, error: unknown): void
  report(): PopulationReport
}

export function createTally(): Tally {
  const now = { ...counts }
  const first: string[] = []
  let failed = 0
  return {
    add(count, by = 1) {
      now[count] += by
    },
    fail(what, error) {
      failed++
      if (first.length < keptFailures) first.push(`${what}: ${wordsOf(error)}`)
    },
    report: () => ({ ...now, failures: { count: failed, first: [...first] } }),
  }
}

/** fetch hides the true cause of a broken connection one level down. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
