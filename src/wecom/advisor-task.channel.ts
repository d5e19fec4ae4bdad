import type { Channel } from '../delivery/index.ts'
import { createStaffCard } from './staff-card.ts'
import type { StaffCardParts } from './staff-card.ts'

/** 顾问任务: a card asks an advisor to write to one customer; she sends from the sidebar. */
export const createAdvisorTaskChannel = (parts: StaffCardParts): Channel =>
  createStaffCard(parts, { name: 'advisor-task', ask: '请联系', press: '查看并发送' })
