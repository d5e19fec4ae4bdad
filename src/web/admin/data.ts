import { keepPreviousData, QueryClient, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type ComputedRef, type MaybeRefOrGetter, toValue } from 'vue'
import { ApiProblem, ask as askServer, type Asking, problemOf } from '../shared/api.ts'
import { wallOf } from '../shared/format.ts'
import type { Node as SchemaNode } from './editor/schema-path.ts'
import { startSignIn } from './sign-in.ts'
import type {
  AdminGame,
  AuditCheck,
  AuditItem,
  CadenceCheck,
  CadenceDiff,
  CadenceDocument,
  CadenceDraftDetail,
  CadenceDraftItem,
  CadenceVersion,
  CadenceVersionText,
  CadenceWished,
  Calendar,
  CalendarEntries,
  CalendarSubject,
  CampaignList,
  CampaignView,
  CustomerCard,
  CustomerRow,
  Delivery,
  ExperimentDraft,
  ExperimentList,
  ExperimentView,
  FirstBuyers,
  MannersView,
  Me,
  MediaItem,
  NamedAdvisors,
  Overview,
  Paged,
  PauseScope,
  Role,
  StaffRoles,
  TouchpointTried,
  WayComparison,
  WayItem,
  WayList,
  WecomStanding,
} from '../../http/contract.ts'

const isCallersFault = (error: unknown): boolean => {
  const { status } = problemOf(error)
  return status >= 400 && status < 500
}

/** A 401 anywhere means the session ended: go and sign in, and come back to this very page. Drafts stay on the computer. */
const ask = async <T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  asking: Asking,
): Promise<T> => {
  try {
    return await askServer<T>(method, path, asking)
  } catch (thrown) {
    if (thrown instanceof ApiProblem && thrown.problem.status === 401) startSignIn()
    throw thrown
  }
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (times, error) => times < 1 && !isCallersFault(error),
      retryDelay: 800,
    },
  },
})

type Query = Readonly<Record<string, string | number | undefined>>

const useGet = <T>(
  path: MaybeRefOrGetter<string>,
  query: MaybeRefOrGetter<Query> = {},
  enabled: MaybeRefOrGetter<boolean> = true,
  againMs: number | false = false,
) =>
  useQuery({
    queryKey: computed(() => [toValue(path), toValue(query)] as const),
    queryFn: ({ signal }) => ask<T>('GET', toValue(path), { query: toValue(query), signal }),
    enabled: computed(() => toValue(enabled)),
    placeholderData: keepPreviousData,
    refetchInterval: againMs,
  })

/** Business time moves on while the page is open, and in the demo it leaps. */
export const useMe = () => useGet<Me>('/api/admin/me', {}, true, 60_000)

/** The shop's day by the server's business time, which is virtual in the demo. */
export const useToday = (): ComputedRef<string> => {
  const { data } = useMe()
  return computed(() => (data.value ? wallOf(data.value.now).day : ''))
}

/** Read again often: whether everything is paused must never be old news on anybody's screen. */
export const useOverview = () => useGet<Overview>('/api/admin/overview', {}, true, 20_000)

export const useCalendar = (query: MaybeRefOrGetter<Query>, enabled: MaybeRefOrGetter<boolean> = true) =>
  useGet<Calendar>('/api/admin/calendar', query, enabled)

export const useCellSubjects = (query: MaybeRefOrGetter<Query>, enabled: MaybeRefOrGetter<boolean>) =>
  useGet<CalendarEntries>('/api/admin/calendar/entries', query, enabled)

export const useCadence = () => useGet<CadenceDocument>('/api/admin/cadence')

export const useVersions = (enabled: MaybeRefOrGetter<boolean>) =>
  useGet<Paged<CadenceVersion>>('/api/admin/cadence/versions', {}, enabled)

export const useCustomers = (query: MaybeRefOrGetter<Query>) =>
  useGet<Paged<CustomerRow>>('/api/admin/customers', query)

export const useCustomer = (id: MaybeRefOrGetter<string>) =>
  useGet<CustomerCard>(
    () => `/api/admin/customers/${encodeURIComponent(toValue(id))}`,
    {},
    () => toValue(id) !== '',
  )

/** Of those who bought for the first time a while ago, how many were reached within a week. */
export const useFirstBuyers = () => useGet<FirstBuyers>('/api/admin/first-buyers')

/** How the comparison with WeCom stands; read again soon, since one may be under way. */
export const useWecom = () => useGet<WecomStanding>('/api/admin/wecom', {}, true, 5_000)

/** `agree`: the very many who are missing are really gone. */
export const compareWecom = (agree: boolean) =>
  ask<WecomStanding>('POST', '/api/admin/wecom/compare', { body: { agree } })

/** How far the share at the top has an advisor by name, and who of it has nobody. */
export const useNamedAdvisors = () => useGet<NamedAdvisors>('/api/admin/named-advisors')

/** `staff` null takes it back. */
export const setNamedAdvisor = (id: string, staff: string | null, why: string) =>
  ask<unknown>('PUT', `/api/admin/customers/${encodeURIComponent(id)}/named-advisor`, {
    body: { staff, why },
  })

/** Her promises and 14 days of the dry run. */
export const useTouchpoints = (id: MaybeRefOrGetter<string>) =>
  useGet<Paged<CalendarSubject>>(() => `/api/admin/customers/${encodeURIComponent(toValue(id))}/touchpoints`)

export const useDeliveries = (query: MaybeRefOrGetter<Query>) =>
  useGet<Paged<Delivery>>('/api/admin/deliveries', query)

export const useGames = () => useGet<Paged<AdminGame>>('/api/admin/games')

export const useCampaigns = () => useGet<CampaignList>('/api/admin/campaigns')

/** One running of it, by its first day; empty: the one to look at first. */
export const useCampaign = (name: MaybeRefOrGetter<string>, from: MaybeRefOrGetter<string>) =>
  useGet<CampaignView>(
    () => `/api/admin/campaigns/${encodeURIComponent(toValue(name))}`,
    () => ({ from: toValue(from) || undefined }),
    () => toValue(name) !== '',
  )

export const useExperiments = () => useGet<ExperimentList>('/api/admin/experiments')

export const useExperiment = (name: MaybeRefOrGetter<string>) =>
  useGet<ExperimentView>(
    () => `/api/admin/experiments/${encodeURIComponent(toValue(name))}`,
    {},
    () => toValue(name) !== '',
  )

export const experimentDraft = (name: string, arm: string) =>
  ask<ExperimentDraft>('GET', `/api/admin/experiments/${encodeURIComponent(name)}/draft`, { query: { arm } })

export const decideExperiment = (
  name: string,
  decision: { how: 'rolled-out' | 'stopped'; arm: string; why: string },
) =>
  ask<ExperimentView>('POST', `/api/admin/experiments/${encodeURIComponent(name)}/decide`, { body: decision })

export const validateCadence = (yaml: string, signal: AbortSignal) =>
  ask<CadenceCheck>('POST', '/api/admin/cadence/validate', { body: { yaml }, signal })

export const diffCadence = (yaml: string, signal: AbortSignal) =>
  ask<CadenceDiff>('POST', '/api/admin/cadence/diff', { body: { yaml }, signal })

export const publishCadence = (yaml: string, note: string, baseVersion: number) =>
  ask<CadenceDocument>('POST', '/api/admin/cadence/publish', { body: { yaml, note, baseVersion } })

/** To one's own WeCom. */
/** `customer` empty: an invented one. */
export const tryTouchpoint = (name: string, customer: string) =>
  ask<TouchpointTried>('POST', `/api/admin/touchpoints/${encodeURIComponent(name)}/try`, {
    body: customer === '' ? {} : { customer },
  })

export const setPaused = (
  paused: boolean,
  reason: string,
  target: { readonly scope: PauseScope; readonly name: string },
) => ask<unknown>('POST', paused ? '/api/admin/pause' : '/api/admin/resume', { body: { reason, ...target } })

/** Reasons, pauses, who is away, the quota rule. */
export const useManners = (enabled: MaybeRefOrGetter<boolean>) =>
  useGet<MannersView>('/api/admin/manners', {}, enabled)

export const setLeave = (leave: {
  readonly staff: string
  readonly from: string
  readonly to: string
  readonly deputy?: string
}) => ask<unknown>('POST', '/api/admin/leaves', { body: leave })

export const endLeave = (staff: string, from: string) =>
  ask<unknown>('POST', '/api/admin/leaves/end', { body: { staff, from } })

export const confirmQuota = () => ask<unknown>('POST', '/api/admin/quota/confirm', { body: {} })
export const useDrafts = () => useGet<Paged<CadenceDraftItem>>('/api/admin/cadence/drafts')

export const useCadenceSchema = () => useGet<SchemaNode>('/api/admin/cadence/schema')

export const readDraft = (id: string) =>
  ask<CadenceDraftDetail>('GET', `/api/admin/cadence/drafts/${encodeURIComponent(id)}`, {})

export const readVersion = (version: number) =>
  ask<CadenceVersionText>('GET', `/api/admin/cadence/versions/${version}`, {})

export const saveCadenceDraft = (body: {
  readonly id?: string
  readonly epoch?: number
  readonly yaml: string
  readonly note: string
  readonly baseVersion: number
}) => ask<CadenceDraftItem>('POST', '/api/admin/cadence/drafts', { body })

export type DraftDeed = 'submit' | 'withdraw' | 'rebase' | 'publish' | 'approve' | 'reject'

/** What was seen goes along, so that nobody decides about another text than the one on her screen. */
export const doWithDraft = (
  { id, epoch, hash }: Pick<CadenceDraftItem, 'id' | 'epoch' | 'hash'>,
  deed: DraftDeed,
  words = '',
) =>
  ask<CadenceDraftItem>('POST', `/api/admin/cadence/drafts/${encodeURIComponent(id)}/${deed}`, {
    body: deed === 'approve' || deed === 'reject' ? { epoch, hash, words } : { epoch },
  })

export const rollBackTo = (version: number, note: string) =>
  ask<CadenceWished>('POST', `/api/admin/cadence/versions/${version}/rollback`, { body: { note } })

export const useAudit = (query: MaybeRefOrGetter<Query>) =>
  useGet<Paged<AuditItem> & { readonly kinds: Readonly<Record<string, string>> }>('/api/admin/audit', query)

export const verifyAudit = () => ask<AuditCheck>('GET', '/api/admin/audit/verify', {})

export const useMedia = () => useGet<Paged<MediaItem>>('/api/admin/media')

export const addMedia = (body: {
  readonly filename: string
  readonly data: string
  readonly name?: string
}) => ask<MediaItem>('POST', '/api/admin/media', { body })

export const removeMedia = (name: string) =>
  ask<unknown>('DELETE', `/api/admin/media/${encodeURIComponent(name)}`, {})

/** Read again now and then: what WeCom did not answer is still being looked up. */
export const useWays = () => useGet<WayList>('/api/admin/ways', {}, true, 15_000)

export interface WayWish {
  readonly name: string
  readonly staff: readonly string[]
  readonly chats: readonly string[]
  readonly tags: readonly string[]
  readonly remark: string
  readonly skipVerify: boolean
}
export const addWay = (body: WayWish & { readonly kind: WayItem['kind']; readonly mark?: string }) =>
  ask<WayItem>('POST', '/api/admin/ways', { body })

const wayPath = (id: string, deed = ''): string => `/api/admin/ways/${encodeURIComponent(id)}${deed}`

export const changeWay = (id: string, body: WayWish) => ask<WayItem>('PUT', wayPath(id), { body })

export const endWay = (id: string) => ask<WayItem>('POST', wayPath(id, '/end'), { body: {} })

export const makeWayAgain = (id: string) => ask<WayItem>('POST', wayPath(id, '/again'), { body: {} })

export const compareWays = () => ask<WayComparison>('POST', '/api/admin/ways/compare', { body: {} })

export const adoptWay = (body: {
  readonly kind: WayItem['kind']
  readonly remoteId: string
  readonly name: string
}) => ask<WayItem>('POST', '/api/admin/ways/adopt', { body })

export const useStaffRoles = () => useGet<Paged<StaffRoles>>('/api/admin/staff')

export const setStaffRoles = (userid: string, roles: readonly Role[]) =>
  ask<unknown>('PUT', `/api/admin/staff/${encodeURIComponent(userid)}/roles`, { body: { roles } })

export const resolveHeld = (id: string, verdict: 'sent' | 'again' | 'cancel') =>
  ask<unknown>('POST', `/api/admin/deliveries/${encodeURIComponent(id)}/resolve`, { body: { verdict } })

export const confirmRestore = (reason: string) =>
  ask<unknown>('POST', '/api/admin/restore/confirm', { body: { reason } })

/** After a deed everything on the screen may have changed: read it again. */
export const useRefresh = () => {
  const client = useQueryClient()
  return () => client.invalidateQueries()
}

/** The shop's own titles for its tiers; the bare name until they are here. */
export const useTierTitle = () => {
  const { data } = useOverview()
  return (tier: string): string => data.value?.tiers.find((one) => one.tier === tier)?.title ?? tier
}
