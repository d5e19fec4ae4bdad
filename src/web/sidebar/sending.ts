/**
 * One press on 发送: intent, the client's sendChatMessage, settle. The intent is on the server before the client is
 * asked, so a page that dies in between leaves a question (上次是否已发送？) and never a second message.
 */
import type { SidebarMessage, SidebarTask } from '../../http/contract.ts'
import type { Delivery, Message } from './bridge.ts'

export interface Ports {
  readonly currentCustomer: () => Promise<string | undefined>
  readonly deliver: (message: Message, isLast: boolean) => Promise<Delivery>
  /** What goes along, ready for the client. */
  readonly messages: (id: string) => Promise<readonly SidebarMessage[]>
  readonly intent: (id: string, text: string) => Promise<SidebarTask>
  readonly settle: (id: string, result: 'sent' | 'not-sent', error?: string) => Promise<SidebarTask>
  readonly copy: (text: string) => Promise<boolean>
  readonly pause: (ms: number) => Promise<void>
}

export type Outcome =
  /** `missed`: what should have gone along and did not. */
  | { readonly kind: 'done'; readonly task: SidebarTask; readonly missed: readonly string[] }
  /** Only the advisor can tell whether it went out. */
  | {
      readonly kind: 'ask'
      readonly task: SidebarTask
      readonly cause: string
      readonly later?: Promise<Delivery>
    }
  /** The client said no; the task waits again. */
  | { readonly kind: 'refused'; readonly task: SidebarTask; readonly error: string }
  /** Beside this page is somebody else's chat now: nothing was begun. */
  | { readonly kind: 'moved'; readonly externalUserId: string }
  /** The client does not say whose chat this is: nothing was begun. */
  | { readonly kind: 'unreachable'; readonly cause: string }
  /** It went out and the server could not be told. */
  | { readonly kind: 'unrecorded'; readonly task: SidebarTask }

const settlePausesMs = [400, 1200]

/** Settling twice with the same result changes nothing on the server, so it is repeated until it is heard. */
export const settleStubbornly = async (
  ports: Pick<Ports, 'settle' | 'pause'>,
  id: string,
  result: 'sent' | 'not-sent',
  error?: string,
): Promise<SidebarTask> => {
  for (const pause of settlePausesMs) {
    try {
      return await ports.settle(id, result, error)
    } catch {
      await ports.pause(pause)
    }
  }
  return ports.settle(id, result, error)
}

/** Words are worth more than a picture: where its id cannot be had they go alone. */
const alongWith = async (ports: Ports, task: SidebarTask): Promise<readonly SidebarMessage[]> => {
  const { promiseId, attachments = [] } = task
  if (attachments.length === 0) return []
  try {
    return await ports.messages(promiseId)
  } catch {
    return attachments.map(({ words }) => ({ words, message: null }))
  }
}

/** One after another, as they are written. After a silence nobody knows what the client does: the rest is left to her. */
const sendAlong = async (ports: Ports, along: readonly SidebarMessage[]): Promise<string[]> => {
  const missed: string[] = []
  let heard = true
  for (const [i, { words, message }] of along.entries()) {
    const delivery: Delivery | null =
      heard && message ? await ports.deliver(message, i === along.length - 1) : null
    if (delivery?.kind !== 'sent') missed.push(words)
    heard &&= delivery?.kind !== 'silent'
  }
  return missed
}

/**
 * Asks again whose chat this is just before the call: a message in the wrong chat cannot be taken back. The words are
 * settled before anything goes along, so a page that dies in between never sends them a second time.
 */
export const sendInChat = async (ports: Ports, task: SidebarTask, text: string): Promise<Outcome> => {
  const beside = await ports.currentCustomer()
  if (!beside) return { kind: 'unreachable', cause: '企业微信没有响应' }
  if (beside !== task.externalUserId) return { kind: 'moved', externalUserId: beside }
  const along = await alongWith(ports, task)
  const begun = await ports.intent(task.promiseId, text)
  const delivery = await ports.deliver({ msgtype: 'text', text: { content: text } }, along.length === 0)
  if (delivery.kind === 'silent') {
    return { kind: 'ask', task: begun, cause: '企业微信没有告诉我们结果', later: delivery.later }
  }
  if (delivery.kind === 'refused') {
    const task = await settleStubbornly(ports, begun.promiseId, 'not-sent', delivery.error)
    return { kind: 'refused', task, error: delivery.error }
  }
  let settled: SidebarTask
  try {
    settled = await settleStubbornly(ports, begun.promiseId, 'sent')
  } catch {
    return { kind: 'unrecorded', task: begun }
  }
  return { kind: 'done', task: settled, missed: await sendAlong(ports, along) }
}

/** Where nothing can be sent: the text goes to the clipboard (first, while the tap lasts) and the advisor pastes it. */
export const copyInstead = async (
  ports: Ports,
  task: SidebarTask,
  text: string,
  cause: string,
): Promise<Outcome> => {
  const copied = await ports.copy(text)
  const begun = await ports.intent(task.promiseId, text)
  const words = copied ? `${cause}，已复制文案` : `${cause}，请长按文案复制`
  return { kind: 'ask', task: begun, cause: task.attachments ? `${words}；附件请手动发` : words }
}

/** The client's words for a refusal, in ours; what is not known is shown as it came. */
export const refusalWords = (error: string): string => {
  if (/cancel/i.test(error)) return '您取消了发送，可以再试一次'
  if (/permission/i.test(error))
    return '企业微信没有给这个应用发送的权限，请联系管理员检查「客户联系」可调用应用'
  if (/context/i.test(error)) return '这里不是客户的聊天窗口，请从聊天侧边栏打开'
  return `企业微信没有发出（${error}）`
}
