import type {
  CouponTemplates,
  IssuedCoupon,
  JssdkConfig,
  Me,
  Paged,
  SidebarCoupon,
  SidebarCustomer,
  SidebarMessages,
  SidebarTask,
} from '../../http/contract.ts'
import { makeApi } from '../shared/phone/api.ts'

const api = makeApi('/api/auth/login')
const promisePath = (id: string): string => `/api/sidebar/promises/${encodeURIComponent(id)}`
const customerPath = (id: string): string => `/api/sidebar/customers/${encodeURIComponent(id)}`

export const fetchMe = (): Promise<Me> => api.get('/api/sidebar/me')
export const fetchJssdk = (url: string): Promise<JssdkConfig> =>
  api.get(`/api/sidebar/jssdk?url=${encodeURIComponent(url)}`)
export const fetchToday = (): Promise<Paged<SidebarTask>> => api.get('/api/sidebar/today')
export const fetchCustomer = (id: string): Promise<SidebarCustomer> => api.get(customerPath(id))

export const fetchMessages = (id: string): Promise<SidebarMessages> => api.get(`${promisePath(id)}/messages`)

export const postIntent = (id: string, text: string): Promise<SidebarTask> =>
  api.send('POST', `${promisePath(id)}/intent`, { text })
/** Outlives the page: with `enterChat` WeCom may take the web view away as soon as the message is out. */
export const postSettle = (id: string, result: 'sent' | 'not-sent', error?: string): Promise<SidebarTask> =>
  api.send(
    'POST',
    `${promisePath(id)}/settle`,
    error ? { result, error: error.slice(0, 500) } : { result },
    true,
  )
export const postCall = (id: string, outcome: string, said: string): Promise<SidebarTask> =>
  api.send('POST', `${promisePath(id)}/call`, { outcome, said })
export const postSkip = (id: string, reason: string): Promise<SidebarTask> =>
  api.send('POST', `${promisePath(id)}/skip`, { reason })
export const postOptOut = (id: string, said: string): Promise<{ optedOut: boolean }> =>
  api.send('POST', `${customerPath(id)}/opt-out`, { said })
export const postOptIn = (id: string): Promise<{ optedOut: boolean }> =>
  api.send('POST', `${customerPath(id)}/opt-in`, {})

const couponPath = (code: string): string => `/api/sidebar/coupons/${encodeURIComponent(code)}`
export const fetchCoupon = (code: string): Promise<SidebarCoupon> => api.get(couponPath(code))
/** The same key again is the same redemption: a tap that was not heard is simply repeated. */
export const postRedeem = (code: string, key: string): Promise<SidebarCoupon> =>
  api.send('POST', `${couponPath(code)}/redeem`, { key })
export const fetchTemplates = (): Promise<CouponTemplates> => api.get('/api/sidebar/coupon-templates')
export const postCoupon = (id: string, template: string, key: string): Promise<IssuedCoupon> =>
  api.send('POST', `${customerPath(id)}/coupons`, { template, key })

/** One per wish of the advisor, however often it is tapped. */
export const newKey = (): string =>
  `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12).padEnd(10, '0')}`
