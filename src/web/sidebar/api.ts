import type { JssdkConfig, Me, Paged, SidebarCustomer, SidebarTask } from '../../http/contract.ts'
import { makeApi } from '../shared/phone/api.ts'

const api = makeApi('/api/auth/login')
const promisePath = (id: string): string => `/api/sidebar/promises/${encodeURIComponent(id)}`
const customerPath = (id: string): string => `/api/sidebar/customers/${encodeURIComponent(id)}`

export const fetchMe = (): Promise<Me> => api.get('/api/sidebar/me')
export const fetchJssdk = (url: string): Promise<JssdkConfig> =>
  api.get(`/api/sidebar/jssdk?url=${encodeURIComponent(url)}`)
export const fetchToday = (): Promise<Paged<SidebarTask>> => api.get('/api/sidebar/today')
export const fetchCustomer = (id: string): Promise<SidebarCustomer> => api.get(customerPath(id))

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
