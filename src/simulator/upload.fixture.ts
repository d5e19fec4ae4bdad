import type { Json } from '../../test/simulator/bench.ts'
import type { Simulator } from './types.ts'

/** Sends a multipart upload as a client does; the token is a query parameter like everywhere. */
export async function upload(
  sim: Simulator,
  path: string,
  query: Record<string, string>,
  content: string | Buffer = 'a picture of a baby',
  filename = 'baby.png',
): Promise<Json> {
  const { corpId, agentSecret } = sim.credentials
  const login = await fetch(`${sim.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
  const token = String(((await login.json()) as Json)['access_token'])
  const form = new FormData()
  form.append('media', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), filename)
  const all = new URLSearchParams({ access_token: token, ...query })
  const answer = await fetch(`${sim.url}/cgi-bin/${path}?${all.toString()}`, { method: 'POST', body: form })
  return (await answer.json()) as Json
}
