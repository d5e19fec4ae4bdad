/** What the smart bot knows of its chats (WECOM.md §4.4). A chat is a member's userid or an internal group's id. */
export interface BotState {
  /** Members who wrote in a chat; a chat nobody wrote in cannot be written to. */
  readonly chats: Map<string, Set<string>>
  /** What was delivered to the bot and may be answered, by req_id. */
  readonly requests: Map<string, BotRequest>
  readonly messages: BotMessage[]
  /** Cards by task_id. */
  readonly cards: Map<string, BotCard>
  readonly uploads: Map<string, BotUpload>
}

export interface BotRequest {
  readonly kind: 'message' | 'enter' | 'card'
  readonly chatid: string
  readonly at: number
  /** Of a card press. */
  readonly taskId: string | null
  /** A welcome or an update may be given once. */
  answered: boolean
}

/** What the bot said, as its readers see it now. */
export interface BotMessage {
  readonly seq: number
  readonly msgid: string
  readonly at: number
  readonly chatid: string
  readonly api: 'aibot_respond_msg' | 'aibot_respond_welcome_msg' | 'aibot_send_msg'
  readonly streamId: string | null
  msgtype: string
  text: string
  body: Record<string, unknown>
  finished: boolean
}

export interface BotCard {
  readonly taskId: string
  readonly chatid: string
  card: Record<string, unknown>
}

export interface BotUpload {
  readonly id: string
  readonly type: string
  readonly filename: string
  readonly size: number
  readonly chunks: number
  readonly md5: string | null
  readonly parts: Map<number, Buffer>
}

export const createBotState = (): BotState => ({
  chats: new Map(),
  requests: new Map(),
  messages: [],
  cards: new Map(),
  uploads: new Map(),
})
