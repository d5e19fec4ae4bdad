import type { Api } from './call.ts'
import { tokenApis } from './token.ts'

/** Every API the simulator answers, by path without `/cgi-bin/`. */
export const apis: ReadonlyMap<string, Api> = new Map([...tokenApis].map((api) => [api.path, api]))
