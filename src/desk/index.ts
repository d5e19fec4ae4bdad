/** What the folders to the right may use. */
export { mustOwn, notFound, present, tasksOf, today } from './today.ts'
export type { DeskParts } from './today.ts'
export { beginSend, setOptOut, settleSend, skipTask } from './send.ts'
export { recordCall } from './call.ts'
export { callOutcomes } from './task.ts'
export type { CallOutcome, Task, TaskState } from './task.ts'
