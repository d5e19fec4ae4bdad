/** Days that people plan around: the rules lie with the calendar. */
export { festivalNames, festivalOf, festivalsOf } from '../base/festivals.ts'
