/** WeCom's post office: each callback is tried up to three times, and nobody promises when, in what order or how often. */
import { createHash } from 'node:crypto'
import type { Letter, Town } from './town.ts'

export interface Post {
  pending(): number
  /** Some of what waits; all of it, in order, when it is calm. */
  deliver(calm: boolean): Promise<void>
  /** Somebody who does not know the keys tries, too. */
  forge(): Promise<void>
  /** The server died with these in its hands. */
  cut(): void
  /** Bodies of those that were answered with 200. */
  readonly answered: ReadonlySet<string>
  readonly forgedTaken: readonly string[]
  counts(): { readonly answered: number; readonly lost: number; readonly forged: number }
}

const mostTries = 3

export function createPost(town: Town): Post {
  const { letters, chance } = town
  const answered = new Set<string>()
  const forgedTaken: string[] = []
  const underWay = new Set<Letter>()
  let lost = 0
  let forged = 0

  function failed(letter: Letter): void {
    if (letter.tries < mostTries) letters.push(letter)
    else lost += 1
  }

  async function bring(letter: Letter, copy = false): Promise<void> {
    if (!copy) letter.tries += 1
    if (!copy) underWay.add(letter)
    const answer = await town.http({
      method: 'POST',
      path: letter.path,
      headers: { 'content-type': 'text/xml' },
      body: letter.body,
    })
    underWay.delete(letter)
    if (answer?.status === 200) answered.add(letter.inner)
    else if (!copy) failed(letter)
  }

  return {
    pending: () => letters.length,
    async deliver(calm) {
      const most = calm ? letters.length : 1 + chance.below(letters.length)
      const out: Promise<void>[] = []
      for (let n = 0; n < most; n += 1) {
        const [letter] = letters.splice(!calm && chance.hit(0.3) ? chance.below(letters.length) : 0, 1)
        if (!letter) break
        out.push(bring(letter))
        // Both copies may be under way at once.
        if (!calm && chance.hit(0.15)) out.push(bring(letter, true))
      }
      await Promise.all(out)
    },
    async forge() {
      forged += 1
      const nonce = String(chance.below(1_000_000_000))
      const timestamp = String(Math.floor(town.now() / 1000))
      const [sample] = letters
      const encrypted =
        /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(sample?.body ?? '')?.[1] ??
        Buffer.alloc(64, 3).toString('base64')
      const signature = createHash('sha1').update([timestamp, nonce, encrypted].sort().join('')).digest('hex')
      const answer = await town.http({
        method: 'POST',
        path: `/wecom/callback?msg_signature=${signature}&timestamp=${timestamp}&nonce=${nonce}`,
        headers: { 'content-type': 'text/xml' },
        body: `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
      })
      if (answer?.status === 200) forgedTaken.push(nonce)
    },
    cut() {
      for (const letter of underWay) failed(letter)
      underWay.clear()
    },
    answered,
    forgedTaken,
    counts: () => ({ answered: answered.size, lost, forged }),
  }
}
