/** Every migration, oldest first. A new one is a file, and a line here; a released one is never edited. */
import { Foundation1763700000000 } from './1763700000000-foundation.ts'
import { Customer1763700000010 } from './1763700000010-customer.ts'
import { Order1763700000020 } from './1763700000020-order.ts'
import { Segment1763700000030 } from './1763700000030-segment.ts'
import { Outbox1763700000040 } from './1763700000040-outbox.ts'
import { Games1763700000050 } from './1763700000050-games.ts'
import { Cadence1763700000060 } from './1763700000060-cadence.ts'
import { Access1763700000070 } from './1763700000070-access.ts'
import { WecomMirror1763700000080 } from './1763700000080-wecom-mirror.ts'
import { SenderCalls1763700000090 } from './1763700000090-sender-calls.ts'
import { DayNumbers1763800000000 } from './1763800000000-day-numbers.ts'
import { Identity1763800000010 } from './1763800000010-identity.ts'
import { Imports1763800000020 } from './1763800000020-imports.ts'
import { Clv1763800000030 } from './1763800000030-clv.ts'
import { Churn1763800000050 } from './1763800000050-churn.ts'
import { Behaviour1763800000060 } from './1763800000060-behaviour.ts'
import { Tags1763800000061 } from './1763800000061-tags.ts'
import { Mirror1763800000062 } from './1763800000062-mirror.ts'
import { Profile1763800000070 } from './1763800000070-profile.ts'
import { ProfileMoves1763800000071 } from './1763800000071-profile-moves.ts'
import { Audience1763800000080 } from './1763800000080-audience.ts'
import { PromiseContext1764300000000 } from './1764300000000-promise-context.ts'
import { Rewards1764300000020 } from './1764300000020-rewards.ts'
import { Versions1764300000030 } from './1764300000030-versions.ts'
import { Manners1764300000040 } from './1764300000040-manners.ts'
import { ScaleOut1764300000050 } from './1764300000050-scale-out.ts'
import { Delivery1764300000060 } from './1764300000060-delivery.ts'
import { Experiments1764300000080 } from './1764300000080-experiments.ts'
import { Campaigns1764300000090 } from './1764300000090-campaigns.ts'
import { Tips1764300000091 } from './1764300000091-tips.ts'
import { OldRefunds1764300000092 } from './1764300000092-old-refunds.ts'
import { Stumbles1764300000100 } from './1764300000100-stumbles.ts'
import { LastLook1764300000110 } from './1764300000110-last-look.ts'
import { Donations1764300000120 } from './1764300000120-donations.ts'
import { NamedAdvisors1764300000130 } from './1764300000130-named-advisors.ts'
import { Comparisons1764400000000 } from './1764400000000-comparisons.ts'
import { Kf1764500000000 } from './1764500000000-kf.ts'
import { Media1764600000000 } from './1764600000000-media.ts'
import { Bot1764700000000 } from './1764700000000-bot.ts'
import { Losses1764800000000 } from './1764800000000-losses.ts'
import { CardAnswers1764800000010 } from './1764800000010-card-answers.ts'
import { Ways1764910000000 } from './1764910000000-ways.ts'
import { KfWindows1764920000000 } from './1764920000000-kf-windows.ts'
import { Sparse1764930000000 } from './1764930000000-sparse.ts'

export const migrations = [
  Foundation1763700000000,
  Customer1763700000010,
  Order1763700000020,
  Segment1763700000030,
  Outbox1763700000040,
  Games1763700000050,
  Cadence1763700000060,
  Access1763700000070,
  WecomMirror1763700000080,
  SenderCalls1763700000090,
  DayNumbers1763800000000,
  Identity1763800000010,
  Imports1763800000020,
  Clv1763800000030,
  Churn1763800000050,
  Behaviour1763800000060,
  Tags1763800000061,
  Mirror1763800000062,
  Profile1763800000070,
  ProfileMoves1763800000071,
  Audience1763800000080,
  PromiseContext1764300000000,
  Rewards1764300000020,
  Versions1764300000030,
  Manners1764300000040,
  ScaleOut1764300000050,
  Delivery1764300000060,
  Experiments1764300000080,
  Campaigns1764300000090,
  Tips1764300000091,
  OldRefunds1764300000092,
  Stumbles1764300000100,
  LastLook1764300000110,
  Donations1764300000120,
  NamedAdvisors1764300000130,
  Comparisons1764400000000,
  Kf1764500000000,
  Media1764600000000,
  Bot1764700000000,
  Losses1764800000000,
  CardAnswers1764800000010,
  Ways1764910000000,
  KfWindows1764920000000,
  Sparse1764930000000,
]
