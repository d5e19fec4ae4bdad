/** Every route of the server. A test walks this list with every role. */
import type { Dispatcher } from 'undici'
import { currentCadence, explainPromises } from './cadence/index.ts'
import type { FileTrouble } from './cadence/index.ts'
import type { LinkParts } from './content/index.ts'
import type { Core } from './core.ts'
import {
  changeSubscriptions,
  customerOfExternal,
  findGroup,
  findStaff,
  isGroupMember,
  loadAttributes,
  namesOf,
  namesOfExternals,
  subscriptionsOf,
  saveStaff,
  phoneHasher,
} from './customer/index.ts'
import { system } from './base/act.ts'
import { Refusal } from './base/errors.ts'
import type { Log } from './base/log.ts'
import { audienceRoutes } from './http/admin/audiences.ts'
import { auditRoutes } from './http/admin/audit.ts'
import { calendarRoutes } from './http/admin/calendar.ts'
import { cadenceRoutes } from './http/admin/cadence.ts'
import { adminCustomerRoutes } from './http/admin/customers.ts'
import { draftRoutes } from './http/admin/drafts.ts'
import { deliveryRoutes } from './http/admin/deliveries.ts'
import { campaignRoutes } from './http/admin/campaigns.ts'
import { experimentRoutes } from './http/admin/experiments.ts'
import { adminGameRoutes } from './http/admin/games.ts'
import { identityRoutes } from './http/admin/identities.ts'
import { adminTagRoutes } from './http/admin/tags.ts'
import { mediaRoutes } from './http/admin/media.ts'
import { mannersRoutes } from './http/admin/manners.ts'
import { namedAdvisorRoutes } from './http/admin/named-advisors.ts'
import { pauseRoutes } from './http/admin/pause.ts'
import { trialRoutes } from './http/admin/trial.ts'
import { restoreRoutes } from './http/admin/restore.ts'
import { fetchPicture } from './http/admin/way-picture.ts'
import { wayRoutes } from './http/admin/ways.ts'
import { wecomRoutes } from './http/admin/wecom.ts'
import { authRoutes, playerCookieFor } from './http/auth.ts'
import type { AuthParts } from './http/auth.ts'
import { couponHoldRoutes } from './http/public/coupons.ts'
import { docRoutes } from './http/public/docs.ts'
import { eventRoutes } from './http/public/events.ts'
import { groupMessageRoutes } from './http/public/group-messages.ts'
import { clubRoutes } from './http/public/club.ts'
import { h5Routes } from './http/public/h5.ts'
import type { PromiseOfLink } from './http/public/h5.ts'
import { referralRoutes } from './http/public/referral.ts'
import type { Route } from './http/route.ts'
import { sidebarCouponRoutes } from './http/sidebar/coupons.ts'
import { jssdkRoutes } from './http/sidebar/jssdk.ts'
import { sidebarTaskRoutes } from './http/sidebar/tasks.ts'
import { campaignOfSaid, promiseById } from './outbox/index.ts'
import { createCards, customerRows } from './report/index.ts'
import type { CustomerCards } from './report/index.ts'
import { redeemForOrder } from './reward/index.ts'
import { chatParts, createStaffNote } from './wecom/index.ts'
import type { Media, Sync, Ways, WecomApi } from './wecom/index.ts'

export interface RouteParts {
  readonly core: Core
  readonly api: WecomApi
  readonly media: Media
  readonly sync: Sync
  readonly ways: Ways
  readonly log: Log
  readonly links: LinkParts
  /** How requests travel; sockets unless a simulation says otherwise. */
  readonly dispatcher?: Dispatcher | undefined
  /** Where the file rules: what is wrong with it. */
  readonly cadenceFile?: { trouble(): FileTrouble | null }
}

/** A personal link names its reader for this long after its promise ended; later it only leads to the page. */
const linkLifeMs = 30 * 86_400_000

export function routesOf({
  core,
  api,
  media,
  sync,
  ways,
  log,
  links,
  cadenceFile,
  dispatcher,
}: RouteParts): Route[] {
  const { env, db, act, recorder, clock, rules } = core
  const reader = db.reader
  const shop = async (): Promise<string> => (await currentCadence(reader))?.shop.name ?? '私域'
  const playerKey = async (external: string): Promise<string> =>
    (await customerOfExternal(reader, external)) ?? external
  const tierTitle = tierTitlesOf(core)
  const card = cardsOf(core)
  const cadence = {
    db,
    act,
    clock,
    tierRules: rules,
    readOnly: env.cadenceSource === 'file',
    admins: env.admins,
    ...(cadenceFile ? { fileTrouble: () => cadenceFile.trouble() } : {}),
  }
  const routes = [
    ...authRoutes(authPartsOf(core, api)),
    ...adminCustomerRoutes({
      reader,
      rules,
      db,
      card,
      async promisesOf(customer, now) {
        const promises = await explainPromises({ reader, tierRules: rules }, customer, now)
        // On her own card every line is hers, so it is called after the touchpoint.
        return promises.map(({ touchpoint: _touchpoint, day: _day, title, ...one }) => ({
          ...one,
          name: title,
        }))
      },
    }),
    ...audienceRoutes({
      act,
      reader,
      rules,
      fields: core.audienceFields,
      rowsOf: (customers) => customerRows({ reader, rules }, customers),
    }),
    ...calendarRoutes({ reader, tierRules: rules, holidays: core.holidays }),
    ...cadenceRoutes(cadence),
    ...draftRoutes(cadence),
    ...auditRoutes({ db, act, masterKey: env.masterKey, admins: env.admins }),
    ...deliveryRoutes({ db, act }),
    ...experimentRoutes({ db, act }),
    ...campaignRoutes({ db }),
    ...adminGameRoutes({ reader }),
    ...adminTagRoutes({ reader, rules: core.tagRules }),
    ...pauseRoutes({ act }),
    ...mannersRoutes({ db, act }),
    ...mediaRoutes({ db, act }),
    ...restoreRoutes({ act }),
    ...wecomRoutes({ sync, log }),
    ...wayRoutes({ db, ways, picture: fetchPicture(dispatcher) }),
    ...trialRoutes({
      reader,
      act,
      clock,
      tierRules: rules,
      publicUrl: env.publicUrl,
      post: createStaffNote({ api, agentId: env.wecom.agentId }),
    }),
    ...identityRoutes({ db, act }),
    ...namedAdvisorRoutes({ db, act, percent: core.clv.advisorPercent }),
    ...jssdkRoutes({ api, clock, publicUrl: env.publicUrl, wecom: env.wecom }),
    ...sidebarTaskRoutes({
      act,
      db,
      links,
      tierTitle,
      async card(customer) {
        const found = await card(customer, clock.now())
        if (!found) throw new Refusal('not-found', '没有这位客户', 404)
        return found
      },
      messages: (attachments) => chatParts(media, attachments),
    }),
    ...sidebarCouponRoutes({ act, db, publicUrl: env.publicUrl }),
    ...eventRoutes({
      recorder,
      redeem: (told) => act({ kind: 'api', name: 'events' }, (ctx) => redeemForOrder(ctx, told)),
      hashPhone: phoneHasher(env.masterKey),
      attributes: loadAttributes(env.configDir),
    }),
    ...couponHoldRoutes({ act, reader }),
    ...referralRoutes({ act, reader, publicUrl: env.publicUrl, playerKey }),
    ...groupMessageRoutes({
      act,
      reader,
      recorder,
      groupOf: ({ id, topic }) => findGroup(reader, id, topic),
      isMember: (chat, external) => isGroupMember(reader, chat, external),
      playerKey,
      gameAddress: (game) => `${env.publicUrl}/h5/#/game/${game}`,
    }),
    ...clubRoutes({ act, playerKey }),
    ...h5Routes({
      act,
      reader,
      recorder,
      linkKey: links.key,
      simulated: env.simulated,
      shop,
      sealPlayer: (external, now) => playerCookieFor(env.masterKey, external, now),
      promiseOfLink: (promise) => promiseOfLink(core, promise),
      campaignOf: (link) =>
        campaignOfSaid(
          reader,
          link.kind === 'personal' ? { promise: link.promise } : { batch: link.batchToken },
        ),
      nameOf: async (external) => (await namesOfExternals(reader, [external])).get(external) ?? null,
      playerKey,
      playerNames: (keys) => namesOf(reader, keys),
      subscriptionsOf: (external) => subscriptionsOf(reader, external),
      topics: async () => (await currentCadence(reader))?.topics ?? [],
      setSubscriptions: (actor, external, wish) =>
        act(actor, (ctx) => changeSubscriptions(ctx, external, wish, 'h5')),
    }),
  ]
  return [...routes, ...docRoutes({ routes, publicUrl: env.publicUrl })]
}

async function promiseOfLink({ db }: Core, id: string): Promise<PromiseOfLink | null> {
  const promise = await promiseById(db.reader, id)
  if (!promise || promise.subject_kind !== 'customer') return null
  return { external: promise.subject, until: promise.expires_at + linkLifeMs }
}

/** Everything about one customer, as sidebar, console and bot tell it. */
export const cardsOf = (core: Core): CustomerCards =>
  createCards({
    reader: core.db.reader,
    clock: core.clock,
    rules: core.rules,
    radar: core.radar,
    recommend: core.recommend,
    attributes: loadAttributes(core.env.configDir),
    tagRules: core.tagRules,
    levels: core.levels,
  })

export function tierTitlesOf({ rules }: Core): (tier: string) => string {
  const titles = new Map([...rules.tiers, rules.lead].map(({ name, title }) => [name, title]))
  return (tier) => titles.get(tier) ?? tier
}

/** What signing in needs; the server's own look at cookies uses the same. */
export function authPartsOf({ env, db, act }: Core, api: WecomApi): AuthParts {
  const reader = db.reader
  return {
    env,
    act,
    reader,
    api,
    shop: async () => (await currentCadence(reader))?.shop.name ?? '私域',
    memberOf: (userid) => findStaff(reader, userid),
    async learnMember(userid) {
      const member = await api.member(userid)
      if (member.kind !== 'ok') return null
      const advisors = await api.followUserList()
      const contact =
        advisors.kind === 'ok' &&
        advisors.value.follow_user.some((one) => one.toLowerCase() === userid.toLowerCase())
      const seen = {
        userid: member.value.userid,
        name: member.value.name,
        active: member.value.status !== 5 && member.value.enable !== 0,
        contact,
      }
      await act(system('sign-in'), (ctx) => saveStaff(ctx, [seen]))
      return seen
    },
  }
}
