/**
 * WeCom's JS-SDK with time limits. Outside WeCom, and inside it when the client never injects its bridge, every call
 * of the SDK stays pending for ever: nothing here may be awaited without a limit.
 */
import {
  env,
  getContext,
  getCurExternalContact,
  openEnterpriseChat,
  register,
  sendChatMessage,
} from '@wecom/jssdk'
import type { SendChatMessage } from '@wecom/jssdk'
import type { ChatMessage } from '../../http/contract.ts'
import { troubleOf } from '../shared/phone/api.ts'
import { fetchJssdk } from './api.ts'

/** Where this page is open: beside a customer's chat, elsewhere in WeCom, or where nothing can be sent (and why). */
export type Place =
  | { readonly kind: 'chat'; readonly externalUserId: string }
  | { readonly kind: 'elsewhere'; readonly entry: string }
  | { readonly kind: 'outside'; readonly cause: string }

export type Delivery =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'silent'; readonly later: Promise<Delivery> }

const connectLimitMs = 2_500
const askLimitMs = 1_500
/** Some clients ask the advisor to confirm before they send: give her the time to do it. */
const sendLimitMs = 20_000

const usedApis = ['getContext', 'getCurExternalContact', 'sendChatMessage', 'openEnterpriseChat']

class Silence extends Error {}

const within = <T>(limitMs: number, work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout>
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Silence(`no answer within ${String(limitMs)} ms`))
    }, limitMs)
  })
  return Promise.race([work, silence]).finally(() => {
    clearTimeout(timer)
  })
}

/** The SDK rejects with the client's own answer, an object with `errMsg`, not with an Error. */
const errorWords = (thrown: unknown): string => {
  if (typeof thrown === 'object' && thrown !== null && 'errMsg' in thrown) return String(thrown.errMsg)
  return thrown instanceof Error ? thrown.message : String(thrown)
}

const connect = async (): Promise<Place> => {
  const url = location.href.split('#')[0] ?? location.href
  const signed = await fetchJssdk(url)
  const sign = async (asked: string, which: 'config' | 'agentConfig') =>
    (asked === url ? signed : await fetchJssdk(asked))[which]
  register({
    corpId: signed.corpId,
    agentId: signed.agentId,
    jsApiList: usedApis,
    getConfigSignature: (asked) => sign(asked, 'config'),
    getAgentConfigSignature: (asked) => sign(asked, 'agentConfig'),
  })
  const { entry } = await within(connectLimitMs, getContext())
  if (String(entry) === 'normal' || String(entry).startsWith('group')) return { kind: 'elsewhere', entry }
  const externalUserId = await currentCustomer()
  return externalUserId ? { kind: 'chat', externalUserId } : { kind: 'elsewhere', entry }
}

/** Never throws: a page without a bridge still shows everything and copies instead of sending. */
export const findPlace = async (): Promise<Place> => {
  if (!env.isWeCom) return { kind: 'outside', cause: '不在企业微信中' }
  try {
    return await connect()
  } catch (thrown) {
    if (thrown instanceof Silence) return { kind: 'outside', cause: '企业微信没有响应' }
    const words = 'status' in Object(thrown) ? troubleOf(thrown).message : errorWords(thrown)
    return { kind: 'outside', cause: `企业微信接口未就绪（${words}）` }
  }
}

/** Undefined when the client knows no customer here (an inside chat) or gives no answer. */
export const currentCustomer = async (): Promise<string | undefined> => {
  try {
    const { userId } = await within(askLimitMs, getCurExternalContact())
    return userId
  } catch (thrown) {
    if (thrown instanceof Silence || 'errMsg' in Object(thrown)) return undefined
    throw thrown
  }
}

export type Message = { readonly msgtype: 'text'; readonly text: { readonly content: string } } | ChatMessage

/**
 * Sends into the chat beside this page. `silent`: nobody knows yet whether it went out; `later` may still tell. With the
 * last message the client enters the chat, and may take this page away.
 */
export const deliver = async (message: Message, isLast: boolean): Promise<Delivery> => {
  // The contract names each part as optional; `msgtype` says which one the server has filled in.
  const answer: Promise<Delivery> = sendChatMessage({
    ...(message as SendChatMessage),
    enterChat: isLast,
  }).then(
    () => ({ kind: 'sent' }),
    (thrown: unknown) => ({ kind: 'refused', error: errorWords(thrown) }),
  )
  try {
    return await within(sendLimitMs, answer)
  } catch (thrown) {
    if (thrown instanceof Silence) return { kind: 'silent', later: answer }
    throw thrown
  }
}

/** True when WeCom opened her chat; there the sidebar is built anew beside it. */
export const openChat = async (externalUserId: string): Promise<boolean> => {
  try {
    await within(4_000, openEnterpriseChat({ externalUserIds: [externalUserId] }))
    return true
  } catch (thrown) {
    if (thrown instanceof Silence || 'errMsg' in Object(thrown)) return false
    throw thrown
  }
}
