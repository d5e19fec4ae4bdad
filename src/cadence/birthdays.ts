/** Which birthdays are kept on a day: the rules lie with the calendar. */
export { birthdayYear, defaultLeapRule, keptOn, leapRules } from '../base/birthdays.ts'
export type { LeapRule } from '../base/birthdays.ts'
