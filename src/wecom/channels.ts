/** Every channel that WeCom carries. To add one: its file, and a line here. */
import type { Clock } from '../base/clock.ts'
import type { Channel } from '../delivery/index.ts'
import { createAdvisorTaskChannel } from './advisor-task.channel.ts'
import { createAppMessageChannel } from './app-message.channel.ts'
import { createBroadcastChannel } from './broadcast.channel.ts'
import { createGroupBroadcastChannel } from './group-broadcast.channel.ts'
import { createKfChannel } from './kf.channel.ts'
import { createMomentsChannel } from './moments.channel.ts'
import { createPhoneTaskChannel } from './phone-task.channel.ts'
import type { MediaIds } from './media.ts'
import type { WecomApi } from './protocol/api.ts'
import { createRobotChannel } from './robot.channel.ts'
import type { Robots } from './robots.ts'
import { createWelcomeChannel } from './welcome.channel.ts'

export const createWecomChannels = (parts: {
  readonly api: WecomApi
  readonly media: MediaIds
  readonly clock: Clock
  /** Does WeCom tell us what staff press? */
  readonly hears: () => boolean
  readonly publicUrl: string
  readonly agentId: string
  readonly robots: Robots
}): readonly Channel[] => [
  createWelcomeChannel(parts),
  createAdvisorTaskChannel(parts),
  createPhoneTaskChannel(parts),
  createBroadcastChannel(parts),
  createGroupBroadcastChannel(parts),
  createKfChannel(parts.api),
  createMomentsChannel(parts),
  createAppMessageChannel(parts),
  // Without a robot there is no such channel, and whatever wants one says so.
  ...(parts.robots.names.length === 0 ? [] : [createRobotChannel(parts)]),
]
