/** Every kind of touchpoint: a file here, and a line below. */
import type { TouchpointKind } from '../touchpoint.ts'
import { answerFollowUp } from './answer-follow-up.ts'
import { birthday } from './birthday.ts'
import { boughtAndBrowsed } from './bought-and-browsed.ts'
import { broadcastNote } from './broadcast-note.ts'
import { browsedRepeatedly } from './browsed-repeatedly.ts'
import { churnCare } from './churn-care.ts'
import { clickedNotBought } from './clicked-not-bought.ts'
import { couponEnding } from './coupon-ending.ts'
import { dailyTip } from './daily-tip.ts'
import { festival } from './festival.ts'
import { followUp } from './follow-up.ts'
import { growthCheck } from './growth-check.ts'
import { kfConsent } from './kf-consent.ts'
import { kfHanded } from './kf-handed.ts'
import { kfHuman } from './kf-human.ts'
import { kfWelcome } from './kf-welcome.ts'
import { levelChange } from './level-change.ts'
import { keepLevel } from './keep-level.ts'
import { referralInvite } from './referral-invite.ts'
import { membersDay } from './members-day.ts'
import { momentNote } from './moment-note.ts'
import { monthlyRecommendation } from './monthly-recommendation.ts'
import { monthlyTalk } from './monthly-talk.ts'
import { morningDigest } from './morning-digest.ts'
import { namedAdvisor } from './named-advisor.ts'
import { onTag } from './on-tag.ts'
import { onboarding } from './onboarding.ts'
import { orderCare } from './order-care.ts'
import { orderGuide } from './order-guide.ts'
import { phoneCall } from './phone-call.ts'
import { quarterlyReport } from './quarterly-report.ts'
import { quietReminder } from './quiet-reminder.ts'
import { recall } from './recall.ts'
import { recovery } from './recovery.ts'
import { repeatOrder } from './repeat-order.ts'
import { replenish } from './replenish.ts'
import { staffNote } from './staff-note.ts'
import { survey } from './survey.ts'
import { tierChange } from './tier-change.ts'
import { treasureHunt } from './treasure-hunt.ts'
import { wakeUp } from './wake-up.ts'
import { weeklyNote } from './weekly-note.ts'
import { weeklyPoll } from './weekly-poll.ts'
import { weeklyProgramme } from './weekly-programme.ts'
import { welcomeBack } from './welcome-back.ts'
import { welcome } from './welcome.ts'

export const touchpointKinds: readonly TouchpointKind[] = [
  welcome,
  orderGuide,
  followUp,
  orderCare,
  onboarding,
  repeatOrder,
  weeklyNote,
  monthlyTalk,
  quarterlyReport,
  phoneCall,
  growthCheck,
  monthlyRecommendation,
  birthday,
  festival,
  membersDay,
  replenish,
  clickedNotBought,
  browsedRepeatedly,
  boughtAndBrowsed,
  onTag,
  tierChange,
  levelChange,
  keepLevel,
  namedAdvisor,
  referralInvite,
  quietReminder,
  churnCare,
  recall,
  wakeUp,
  welcomeBack,
  survey,
  answerFollowUp,
  recovery,
  couponEnding,
  kfWelcome,
  kfConsent,
  kfHuman,
  kfHanded,
  broadcastNote,
  momentNote,
  staffNote,
  morningDigest,
  dailyTip,
  weeklyProgramme,
  weeklyPoll,
  treasureHunt,
]
