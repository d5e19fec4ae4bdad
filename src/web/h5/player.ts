/** The person in front of the page, loaded once and read again after everything that changes her points or coupons. */
import { reactive } from 'vue'
import type { Coupon, Player } from '../../http/contract.ts'
import { troubleOf, type Trouble } from '../shared/phone/api.ts'
import { fetchPlayer } from './api.ts'

interface Known {
  player: Player | null
  trouble: Trouble | null
}

export const known: Known = reactive({ player: null, trouble: null })

export const loadPlayer = async (): Promise<void> => {
  try {
    known.player = await fetchPlayer()
    known.trouble = null
  } catch (thrown) {
    known.trouble = troubleOf(thrown)
  }
}

export const couponStates: Record<Coupon['state'], string> = {
  issued: '可使用',
  locked: '使用中',
  redeemed: '已使用',
  expired: '已过期',
}

/** Read aloud at the till: groups of four are easier than twelve letters in a row. */
export const spacedCode = (code: string): string =>
  code.includes('-') || code.includes(' ') ? code : code.replace(/(.{4})(?=.)/g, '$1 ')
