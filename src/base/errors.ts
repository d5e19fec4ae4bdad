/** Three sorts of trouble: the caller's, the world's, ours. Everything that is neither of the first two is a bug. */

/** The same words for the command line. */
export interface EnglishWords {
  readonly message: string
  readonly fix?: string
}

/**
 * The caller's: `message` is for the person's eyes (Chinese where a person sees it), `fix` says what to do. `english`
 * is what the command line says instead, where `message` is Chinese.
 */
export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly fix: string | undefined
  readonly english: EnglishWords | undefined
  readonly detail: Readonly<Record<string, unknown>> | undefined
  constructor(
    code: string,
    message: string,
    status = 400,
    more: {
      readonly fix?: string
      readonly english?: EnglishWords
      readonly detail?: Readonly<Record<string, unknown>>
    } = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.status = status
    this.fix = more.fix
    this.english = more.english
    this.detail = more.detail
  }
}

/** The world's: a peer, the network or the database did not do its part; worth another try later. */
export class OutsideFailure extends Error {
  readonly retryAfterMs: number | undefined
  constructor(message: string, more: { readonly cause?: unknown; readonly retryAfterMs?: number } = {}) {
    super(message, { cause: more.cause })
    this.name = 'OutsideFailure'
    this.retryAfterMs = more.retryAfterMs
  }
}

/** Everything wrong with a configuration, collected so that it is shown at once. Exit code 3. */
export class ConfigMistakes extends Error {
  readonly mistakes: readonly string[]
  constructor(title: string, mistakes: readonly string[]) {
    super([title, ...mistakes.map((mistake) => `  - ${mistake}`)].join('\n'))
    this.name = 'ConfigMistakes'
    this.mistakes = mistakes
  }
}

/** The database or Redis does not answer. Exit code 4. */
export class Unreachable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'Unreachable'
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
