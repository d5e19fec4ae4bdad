/**
 * 群机器人: words to an internal group of the staff, by a webhook (WECOM.md §4.3). The robot goes by its name: its key is
 * put in when the call is made, and stands in no row. A webhook knows no message twice and cannot be asked what it said,
 * so a lost answer is for a person to judge.
 */
import { bytesOf } from '../content/index.ts'
import type { Channel } from '../delivery/index.ts'
import { outcomeOf } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'
import type { RobotMessage } from './protocol/calls/robot.ts'
import { failureWords } from './protocol/result.ts'
import type { Robots } from './robots.ts'

interface Parts {
  readonly api: Pick<WecomApi, 'sendByRobot'>
  readonly robots: Pick<Robots, 'keyOf' | 'isOutOfUse' | 'putOutOfUse' | 'isWell'>
  readonly publicUrl: string
}

const mostBytes = 4_096

export const createRobotChannel = ({ api, robots, publicUrl }: Parts): Channel => ({
  name: 'robot',
  maxRecipients: 1,
  // Each robot bears twenty; a shop has few, and none of them is in a hurry.
  rate: { perMinute: 20, burst: 5 },
  compose({ text, recipients: [to] }) {
    const link = `[打开后台](${publicUrl}/admin/?note=${encodeURIComponent(to?.promise ?? '')})`
    return JSON.stringify({ msgtype: 'markdown', markdown: { content: `${text}\n${link}` } })
  },
  async send(parcel, signal) {
    const name = parcel.recipients[0]?.subject ?? ''
    const key = robots.keyOf(name)
    if (key === null) return { kind: 'refused', code: 'no-robot', why: `没有配置名为“${name}”的群机器人` }
    if (await robots.isOutOfUse(name)) return { kind: 'refused', code: 'robot-unusable', why: unusable(name) }
    const message = JSON.parse(parcel.body) as Extract<RobotMessage, { msgtype: 'markdown' }>
    if (bytesOf(message.markdown.content) > mostBytes)
      return { kind: 'refused', code: 'too-long', why: `消息超过 ${String(mostBytes)} 字节` }
    const result = await api.sendByRobot(key, message, signal)
    if (result.kind === 'ok') {
      await robots.isWell(name)
      // The webhook answers no id; the parcel's own token names what was said.
      return { kind: 'sent', remoteId: `robot:${parcel.batchToken}` }
    }
    if (result.kind !== 'error' || result.name !== 'robot-unusable') return outcomeOf(result)
    await robots.putOutOfUse(name, failureWords(result))
    return { kind: 'refused', code: 'robot-unusable', why: `${unusable(name)} (${String(result.code)})` }
  },
})

const unusable = (name: string): string => `群机器人“${name}”不可用，请检查它是否还在群里`
