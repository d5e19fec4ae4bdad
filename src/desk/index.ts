/** What the folders to the right may use. */
export { mustOwn, notFound, present, tasksOf, today } from './today.ts'
export type { DeskParts } from './today.ts'
export { beginSend, setOptOut, settleSend, skipTask } from './send.ts'
export type { Task, TaskState } from './task.ts'
