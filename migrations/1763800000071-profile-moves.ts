import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Moves between tiers as rows of their own (filled from the log), and what the value radar is measured by. */
export class ProfileMoves1763800000071 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'tier_move',
      {
        seq: 'int key',
        customer: 'text',
        at: 'int',
        day_no: 'int',
        from_tier: 'text',
        to_tier: 'text',
        cause: 'text',
        reason: 'text?',
      },
      { index: [['customer', 'seq'], ['day_no']] },
    )
    await createTable(runner, 'radar_scale', {
      axis: 'text key',
      value: 'int key',
      score: 'int',
      computed_no: 'int',
    })
    await createTable(runner, 'radar_average', {
      tier: 'text key',
      axis: 'text key',
      customers: 'int',
      score: 'int',
      computed_no: 'int',
    })
    const sqlite = runner.connection.options.type === 'sqlite'
    const part = (name: string): string =>
      sqlite ? `json_extract(l.detail, '$.${name}')` : `cast(l.detail as jsonb) ->> '${name}'`
    const dayNo = sqlite
      ? `cast(julianday(${part('day')}) - 2440587.5 as integer)`
      : `cast(${part('day')} as date) - date '1970-01-01'`
    const owner = (kind: string, column: string): string =>
      `(select i.customer from identity i where i.kind = '${kind}' and i.value = l.${column})`
    await runner.query(
      `INSERT INTO tier_move (seq, customer, at, day_no, from_tier, to_tier, cause, reason)
       select seq, customer, at, day_no, from_tier, to_tier, coalesce(cause, 'time'), reason from (
         select l.seq, l.at, coalesce(${owner('external', 'external')}, ${owner('shop', 'shop_id')}, ${owner('phone', 'phone_hash')}) as customer,
           ${dayNo} as day_no, ${part('from')} as from_tier, ${part('to')} as to_tier, ${part('cause')} as cause,
           ${part('reason')} as reason
         from log l where l.kind = 'tier-moved') m
       where customer is not null and day_no is not null and from_tier is not null and to_tier is not null`,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['radar_average', 'radar_scale', 'tier_move'])
  }
}
