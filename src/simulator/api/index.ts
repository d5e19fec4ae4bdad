import { acquisitionApis } from './acquisition.ts'
import { albumApis } from './album.ts'
import { interceptApis } from './intercept.ts'
import { archiveApis } from './archive.ts'
import { appchatApis } from './appchat.ts'
import { uploadByUrlApis } from './upload-by-url.ts'
import { webhookApis } from './webhook.ts'
import { broadcastResultApis } from './broadcast-results.ts'
import { broadcastApis } from './broadcast.ts'
import type { Api } from './call.ts'
import { contactWayApis } from './contact-ways.ts'
import { customerApis } from './customers.ts'
import { groupApis } from './groups.ts'
import { groupTransferApis } from './group-transfer.ts'
import { groupWelcomeApis } from './group-welcome.ts'
import { identityApis } from './identity.ts'
import { joinWayApis } from './join-ways.ts'
import { contactListApis } from './contact-list.ts'
import { idConvertApis } from './idconvert.ts'
import { kfAccountApis } from './kf-accounts.ts'
import { kfStatisticApis } from './kf-statistics.ts'
import { kfUpgradeApis } from './kf-upgrade.ts'
import { kfApis } from './kf.ts'
import { mediaApis } from './media.ts'
import { momentResultApis } from './moment-results.ts'
import { momentApis } from './moments.ts'
import { messageApis } from './messages.ts'
import { strategyApis } from './strategies.ts'
import { strategyTagApis } from './strategy-tags.ts'
import { behaviorApis } from './behavior.ts'
import { groupStatisticApis } from './group-statistics.ts'
import { tagApis } from './tags.ts'
import { tokenApis } from './token.ts'
import { transferApis } from './transfer.ts'
import { userApis } from './users.ts'
import { welcomeApis } from './welcome.ts'

const all: readonly Api[] = [
  ...tokenApis,
  ...userApis,
  ...customerApis,
  ...contactWayApis,
  ...transferApis,
  ...groupTransferApis,
  ...groupApis,
  ...joinWayApis,
  ...groupWelcomeApis,
  ...acquisitionApis,
  ...interceptApis,
  ...albumApis,
  ...behaviorApis,
  ...groupStatisticApis,
  ...tagApis,
  ...strategyApis,
  ...strategyTagApis,
  ...welcomeApis,
  ...broadcastApis,
  ...broadcastResultApis,
  ...momentApis,
  ...momentResultApis,
  ...messageApis,
  ...identityApis,
  ...mediaApis,
  ...uploadByUrlApis,
  ...appchatApis,
  ...webhookApis,
  ...kfAccountApis,
  ...kfApis,
  ...kfUpgradeApis,
  ...kfStatisticApis,
  ...contactListApis,
  ...idConvertApis,
  ...archiveApis,
]

/** Every API the simulator answers, by path without `/cgi-bin/`. */
export const apis: ReadonlyMap<string, Api> = new Map(all.map((api) => [api.path, api]))
