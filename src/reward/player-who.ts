/** A player is a customer's id where she is known, else the identity as seen: under which name a row of hers is told. */
import type { Who } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { identitiesOf, whoOfCustomer } from '../customer/index.ts'

const isCustomerId = (player: string): boolean => /^c[0-9a-f]{24}$/.test(player)

export async function whoOfPlayers(reader: Reader, players: readonly string[]): Promise<Map<string, Who>> {
  const identities = await identitiesOf(reader, players.filter(isCustomerId))
  return new Map(
    players.map((player): [string, Who] => [
      player,
      isCustomerId(player) ? whoOfCustomer(identities.get(player)) : { external: player },
    ]),
  )
}
