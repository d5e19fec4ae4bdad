import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Dynamic tags; several wanted corp tags in one group; the list of customers the mirror has to look at. */
export class Tags1763800000061 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'dynamic_tag',
      {
        customer: 'text key',
        tag: 'text key',
        since_at: 'int',
        expires_at: 'int?',
        subject: 'text',
        reason: 'text',
      },
      { clustered: true, index: [['tag', 'since_at']] },
    )
    await createTable(
      runner,
      'tag_due',
      { customer: 'text key', next_at: 'int' },
      { clustered: true, index: [['next_at']] },
    )
    await createTable(
      runner,
      'wanted_change',
      { customer: 'text key', asked_at: 'int', ready_at: 'int' },
      { clustered: true, index: [['ready_at']] },
    )
    await runner.query('CREATE TABLE wanted_tag_before AS select * from wanted_tag')
    await runner.dropTable('wanted_tag')
    await createTable(
      runner,
      'wanted_tag',
      {
        customer: 'text key',
        tag_group: 'text key',
        tag: 'text key',
        origin: 'text',
        changed_at: 'int',
      },
      { clustered: true },
    )
    await runner.query(
      `INSERT INTO wanted_tag (customer, tag_group, tag, origin, changed_at)
       select customer, tag_group, tag, 'tier', changed_at from wanted_tag_before`,
    )
    await runner.query('DROP TABLE wanted_tag_before')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE wanted_tag_after AS select * from wanted_tag where origin = 'tier'`)
    await dropTables(runner, ['wanted_tag', 'wanted_change', 'tag_due', 'dynamic_tag'])
    await createTable(runner, 'wanted_tag', {
      customer: 'text key',
      tag_group: 'text key',
      tag: 'text',
      changed_at: 'int',
    })
    await runner.query(
      `INSERT INTO wanted_tag (customer, tag_group, tag, changed_at)
       select customer, tag_group, min(tag), max(changed_at) from wanted_tag_after group by customer, tag_group`,
    )
    await runner.query('DROP TABLE wanted_tag_after')
  }
}
