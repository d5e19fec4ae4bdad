import { useDebounceFn } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import type { CadenceDocument, ConfigProblem, Problem } from '../../http/contract.ts'
import { problemOf } from '../shared/api.ts'
import { queryClient, useCadence, validateCadence } from './data.ts'
import { currentDraft, dropDraft, keepDraft } from './draft.ts'

const settleMs = 450

/** The draft on the server that the text in the editor belongs to. */
export interface Linked {
  readonly id: string
  readonly epoch: number
}

/** Checks the text after a pause in typing; an answer about older text is thrown away. */
const useChecks = (text: () => string) => {
  const problems = ref<readonly ConfigProblem[]>([])
  const warnings = ref<readonly ConfigProblem[]>([])
  const checking = ref(false)
  const failure = ref<Problem>()
  let asked: AbortController | undefined
  const check = async (): Promise<void> => {
    asked?.abort()
    const mine = new AbortController()
    asked = mine
    checking.value = true
    try {
      const answer = await validateCadence(text(), mine.signal)
      if (mine.signal.aborted) return
      problems.value = answer.problems
      warnings.value = answer.warnings
      failure.value = undefined
    } catch (thrown) {
      if (mine.signal.aborted) return
      failure.value = problemOf(thrown)
    }
    checking.value = false
  }
  const later = useDebounceFn(check, settleMs)
  watch(text, () => {
    checking.value = true
    void later()
  })
  return { problems, warnings, checking, failure, check }
}

/**
 * The draft and the version in force. `base` is the version the draft grew from: when somebody publishes in between,
 * the draft stays as it is and `stale` says so, until the person has compared and chosen to go on.
 */
export const useCadenceEditor = () => {
  const query = useCadence()
  const text = ref('')
  const base = ref(0)
  const restoredAt = ref<number>()
  const linked = ref<Linked>()
  const document = computed(() => query.data.value)
  const changed = computed(() => document.value !== undefined && text.value !== document.value.yaml)
  const stale = computed(
    () => document.value !== undefined && changed.value && base.value !== document.value.version,
  )
  const checks = useChecks(() => text.value)

  const adopt = (from: CadenceDocument): void => {
    text.value = from.yaml
    base.value = from.version
    restoredAt.value = undefined
    linked.value = undefined
    dropDraft()
  }
  watch(
    document,
    (now, before) => {
      if (!now) return
      if (before) {
        if (text.value === before.yaml || text.value === now.yaml) adopt(now)
        return
      }
      const draft = currentDraft.value
      if (!draft || draft.yaml === now.yaml || now.readOnly) {
        if (!now.readOnly) adopt(now)
        else [text.value, base.value] = [now.yaml, now.version]
        return
      }
      text.value = draft.yaml
      base.value = draft.baseVersion
      restoredAt.value = draft.savedAt
    },
    { immediate: true },
  )
  watch(text, (value) => {
    if (!document.value || document.value.readOnly) return
    if (value === document.value.yaml) dropDraft()
    else keepDraft(value, base.value)
  })

  const rebase = (): void => {
    if (!document.value) return
    base.value = document.value.version
    keepDraft(text.value, base.value)
  }
  const published = async (made: CadenceDocument): Promise<void> => {
    adopt(made)
    queryClient.setQueryData(['/api/admin/cadence', {}], made)
    await queryClient.invalidateQueries()
  }
  /** A draft of the server comes into the editor; without a link it is somebody else's, to be saved as an own one. */
  const take = (yaml: string, baseVersion: number, link?: Linked): void => {
    base.value = baseVersion
    text.value = yaml
    restoredAt.value = undefined
    linked.value = link
  }
  const discard = (): void => {
    if (document.value) adopt(document.value)
  }
  return {
    query,
    document,
    text,
    base,
    changed,
    stale,
    restoredAt,
    checks,
    linked,
    take,
    rebase,
    published,
    discard,
  }
}
