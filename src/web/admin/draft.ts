import { computed, ref } from 'vue'

/** What a person wrote and has not published. Kept on this computer, so that nothing typed is ever lost. */
export interface Draft {
  readonly yaml: string
  readonly baseVersion: number
  /** Epoch milliseconds of the browser's clock: for the words "restored the draft of …" only. */
  readonly savedAt: number
}

const storageKey = 'siyu.cadence.draft'

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' &&
  value !== null &&
  'yaml' in value &&
  typeof value.yaml === 'string' &&
  'baseVersion' in value &&
  typeof value.baseVersion === 'number' &&
  'savedAt' in value &&
  typeof value.savedAt === 'number'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not ours, or cut off while writing: as good as no draft.
    return undefined
  }
}

const load = (): Draft | undefined => {
  const text = localStorage.getItem(storageKey)
  const value = text === null ? undefined : parse(text)
  return isDraft(value) ? value : undefined
}

const draft = ref<Draft | undefined>(load())

export const hasDraft = computed(() => draft.value !== undefined)
export const currentDraft = computed(() => draft.value)

export const keepDraft = (yaml: string, baseVersion: number): void => {
  draft.value = { yaml, baseVersion, savedAt: Date.now() }
  localStorage.setItem(storageKey, JSON.stringify(draft.value))
}

export const dropDraft = (): void => {
  draft.value = undefined
  localStorage.removeItem(storageKey)
}
