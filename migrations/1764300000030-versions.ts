import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Drafts of the cadence with their approval, roles given in the console, and the audit chain. */
export class Versions1764300000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'cadence_draft',
      {
        id: 'text key',
        yaml: 'text',
        hash: 'text',
        note: 'text',
        author: 'text',
        author_name: 'text',
        base_version: 'int',
        rolls_back_to: 'int?',
        state: 'text',
        decided_by: 'text?',
        decided_name: 'text?',
        decided_at: 'int?',
        approved_hash: 'text?',
        words: 'text',
        published_version: 'int?',
        epoch: 'int',
        created_at: 'int',
        changed_at: 'int',
      },
      { index: [['state', 'changed_at']] },
    )
    await runner.query('ALTER TABLE cadence_version ADD COLUMN rolled_back_to bigint')
    await runner.query('ALTER TABLE cadence_version ADD COLUMN approved_by text')
    await createTable(runner, 'staff_role', {
      userid: 'text key',
      role: 'text key',
      given_by: 'text',
      given_at: 'int',
    })
    await createTable(
      runner,
      'audit',
      {
        seq: 'int key',
        at: 'int',
        who: 'text',
        what: 'text',
        about: 'text',
        detail: 'text',
        entry: 'text',
        prev: 'text',
        hash: 'text',
      },
      { unique: [['entry']], index: [['what', 'seq']] },
    )
    // Deeds from before the chain began are in the log and not in the chain.
    const [head] = (await runner.query('select max(seq) as seq from log_head')) as { seq: number | null }[]
    await runner.query(
      `INSERT INTO meta (name, value) VALUES ('audit-since', '${String(Number(head?.seq ?? 0))}')`,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM meta WHERE name in ('audit-since', 'audit-head')`)
    await dropTables(runner, ['audit', 'staff_role', 'cadence_draft'])
    for (const column of ['approved_by', 'rolled_back_to'])
      await runner.query(`ALTER TABLE cadence_version DROP COLUMN ${column}`)
  }
}
