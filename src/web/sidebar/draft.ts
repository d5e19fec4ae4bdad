/**
 * Her half-written text. The web view is destroyed at each chat switch, so looking something up in another chat would
 * lose it. One draft only, kept for a day, gone as soon as it is sent: this is customers' data on a phone.
 */
const key = 'siyu-draft'
const keptMs = 86_400_000

interface Draft {
  readonly promiseId: string
  readonly text: string
  readonly at: number
}

export const readDraft = (promiseId: string): string | undefined => {
  const stored = localStorage.getItem(key)
  if (!stored) return undefined
  const draft = JSON.parse(stored) as Draft
  return draft.promiseId === promiseId && Date.now() - draft.at < keptMs ? draft.text : undefined
}

export const keepDraft = (promiseId: string, text: string): void => {
  localStorage.setItem(key, JSON.stringify({ promiseId, text, at: Date.now() } satisfies Draft))
}

export const dropDraft = (): void => {
  localStorage.removeItem(key)
}
