import type { MigrationInterface, QueryRunner } from 'typeorm'
import { TableIndex } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

const logIndices = ['phone_hash', 'union_id']

/** Unionids, merges and un-merges as rows of the log. */
export class Identity1763800000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table log add column union_id text')
    for (const column of logIndices)
      await runner.createIndex(
        'log',
        new TableIndex({ name: `ix_log_${column}_seq`, columnNames: [column, 'seq'] }),
      )
    const [head] = (await runner.query('select seq from log_head where id = 1')) as { seq: number | string }[]
    await runner.dropTable('log_head')
    await createTable(runner, 'log_head', { id: 'int key', seq: 'int', erasures: 'int' })
    await runner.query(
      `insert into log_head (id, seq, erasures) values (1, ${String(Number(head?.seq ?? 0))}, 0)`,
    )
    await this.identities(runner)
    await this.conflicts(runner)
    await createTable(runner, 'erasure', { hash: 'text key', erased_at: 'int key' })
    await createTable(runner, 'game_move_aside', {
      player: 'text key',
      game: 'text key',
      slot: 'text key',
      choice: 'text',
      at: 'int',
    })
  }

  /** Each keeps its customer; the row that first tied it is found in the log. */
  private async identities(runner: QueryRunner): Promise<void> {
    await runner.query('create table identity_before as select kind, value, customer from identity')
    await runner.dropTable('identity')
    await createTable(
      runner,
      'identity',
      { kind: 'text key', value: 'text key', customer: 'text', seq: 'int' },
      { index: [['customer']] },
    )
    const first = (column: string): string => `(select min(l.seq) from log l where l.${column} = b.value)`
    await runner.query(
      `insert into identity (kind, value, customer, seq)
       select b.kind, b.value, b.customer, coalesce(case
           when b.value like 'openid:%' or b.value like 'wechaty:%' then c.first_seq
           when b.kind = 'external' then ${first('external')}
           when b.kind = 'shop' then ${first('shop_id')}
           else ${first('phone_hash')} end, c.first_seq, 0)
       from identity_before b left join customer c on c.id = b.customer`,
    )
    await runner.query('drop table identity_before')
  }

  private async conflicts(runner: QueryRunner): Promise<void> {
    await runner.query('create table conflict_before as select kept, other, first_seq from identity_conflict')
    await runner.dropTable('identity_conflict')
    await createTable(
      runner,
      'identity_conflict',
      { one: 'text key', two: 'text key', first_seq: 'int', state: 'text', decided_seq: 'int?' },
      { index: [['two'], ['state', 'first_seq']] },
    )
    await runner.query(
      `insert into identity_conflict (one, two, first_seq, state, decided_seq)
       select one, two, min(first_seq), 'open', null from (
         select case when kept < other then kept else other end as one,
           case when kept < other then other else kept end as two, first_seq from conflict_before) pairs
       group by one, two`,
    )
    await runner.query('drop table conflict_before')
    await createTable(
      runner,
      'customer_merge',
      { seq: 'int key', kept: 'text', other: 'text', undone_seq: 'int?' },
      { index: [['kept'], ['other']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['game_move_aside', 'erasure', 'customer_merge'])
    await runner.query('create table conflict_before as select one, two, first_seq from identity_conflict')
    await runner.dropTable('identity_conflict')
    await createTable(runner, 'identity_conflict', { kept: 'text key', other: 'text key', first_seq: 'int' })
    await runner.query(
      'insert into identity_conflict (kept, other, first_seq) select one, two, first_seq from conflict_before',
    )
    await runner.query('drop table conflict_before')
    await runner.query('create table identity_before as select kind, value, customer from identity')
    await runner.dropTable('identity')
    await createTable(
      runner,
      'identity',
      { kind: 'text key', value: 'text key', customer: 'text' },
      { index: [['customer']] },
    )
    await runner.query(
      'insert into identity (kind, value, customer) select kind, value, customer from identity_before',
    )
    await runner.query('drop table identity_before')
    const [head] = (await runner.query('select seq from log_head where id = 1')) as { seq: number | string }[]
    await dropTables(runner, ['log_head'])
    await createTable(runner, 'log_head', { id: 'int key', seq: 'int' })
    await runner.query(`insert into log_head (id, seq) values (1, ${String(Number(head?.seq ?? 0))})`)
    for (const column of logIndices) await runner.dropIndex('log', `ix_log_${column}_seq`)
    await runner.query('alter table log drop column union_id')
  }
}
