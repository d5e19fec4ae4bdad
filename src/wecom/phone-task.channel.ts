import type { Channel } from '../delivery/index.ts'
import { createStaffCard } from './staff-card.ts'
import type { StaffCardParts } from './staff-card.ts'

/** 电话任务: a card asks an advisor to call one customer through WeCom; no number is ever shown or stored. */
export const createPhoneTaskChannel = (parts: StaffCardParts): Channel =>
  createStaffCard(parts, { name: 'phone-task', ask: '请致电', press: '查看并通话' })
