/** What every page of the sidebar knows: who I am, where this page is open, and today's list. */
import { reactive } from 'vue'
import type { Me, SidebarTask } from '../../http/contract.ts'
import { troubleOf, type Trouble } from '../shared/phone/api.ts'
import { fetchMe, fetchToday } from './api.ts'
import { openChat, type Place } from './bridge.ts'
import { router } from './router.ts'

interface Desk {
  me: Me | null
  place: Place | null
  today: readonly SidebarTask[] | null
  todayTrouble: Trouble | null
  toast: { words: string; bad: boolean } | null
}

export const desk: Desk = reactive({ me: null, place: null, today: null, todayTrouble: null, toast: null })

let toastTimer: ReturnType<typeof setTimeout> | undefined

export const say = (words: string, bad = false): void => {
  desk.toast = { words, bad }
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => (desk.toast = null), bad ? 5_000 : 2_600)
}

/** For an action that failed: the server's message and what to do about it. */
export const sayTrouble = (thrown: unknown): void => {
  const { message, fix } = troubleOf(thrown)
  say(fix ? `${message}：${fix}` : message, true)
}

export const loadMe = async (): Promise<void> => {
  desk.me = await fetchMe()
}

export const loadToday = async (): Promise<void> => {
  try {
    desk.today = (await fetchToday()).items
    desk.todayTrouble = null
  } catch (thrown) {
    desk.todayTrouble = troubleOf(thrown)
  }
}

/** The server's answer replaces the row at once; the next load brings the truth anyway. */
export const replaceTask = (task: SidebarTask): void => {
  desk.today = desk.today?.map((one) => (one.promiseId === task.promiseId ? task : one)) ?? null
}

export const progress = (): { done: number; total: number } => {
  const all = desk.today ?? []
  return {
    done: all.filter(({ state }) => state === 'sent' || state === 'skipped').length,
    total: all.length,
  }
}

/** The next customer with something to send, never the one who is open now. */
export const nextTask = (besides?: string): SidebarTask | undefined =>
  desk.today?.find(({ state, externalUserId }) => state === 'waiting' && externalUserId !== besides)

export const showCustomer = (externalUserId: string): Promise<unknown> =>
  router.push({ name: 'customer', params: { id: externalUserId } })

/** Inside WeCom her chat opens with the sidebar beside it; otherwise her page opens here. */
export const goToCustomer = async (externalUserId: string): Promise<void> => {
  const { place } = desk
  const isHere = place?.kind === 'chat' && place.externalUserId === externalUserId
  if (place && place.kind !== 'outside' && !isHere && (await openChat(externalUserId))) return
  await showCustomer(externalUserId)
}
