import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Several corp tags per group on one pair; which of them are ours; what they are called in WeCom. */
export class Mirror1763800000062 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE corp_tag_before AS select * from corp_tag')
    await runner.query('CREATE TABLE seen_tag_before AS select * from seen_tag')
    await dropTables(runner, ['corp_tag', 'seen_tag'])
    await createTable(runner, 'corp_tag', {
      tag_group: 'text key',
      tag: 'text key',
      id: 'text?',
      name: 'text',
      group_id: 'text?',
      group_name: 'text',
      asked_at: 'int?',
      deletions: 'int',
    })
    await createTable(runner, 'seen_tag', {
      external: 'text key',
      staff: 'text key',
      tag_group: 'text key',
      tag: 'text key',
      tag_id: 'text',
      state: 'text',
      read_at: 'int',
      at: 'int',
    })
    await runner.query(
      `INSERT INTO corp_tag (tag_group, tag, id, name, group_id, group_name, asked_at, deletions)
       select tag_group, tag, id, tag, null, tag_group, null, 0 from corp_tag_before`,
    )
    await runner.query(
      `INSERT INTO seen_tag (external, staff, tag_group, tag, tag_id, state, read_at, at)
       select external, staff, tag_group, tag, tag_id, case when refused = 1 then 'refused' else 'ours' end, at, at from seen_tag_before`,
    )
    await runner.query('DROP TABLE corp_tag_before')
    await runner.query('DROP TABLE seen_tag_before')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE corp_tag_after AS select * from corp_tag where id is not null')
    await runner.query(
      `CREATE TABLE seen_tag_after AS select * from seen_tag where state in ('ours', 'refused')`,
    )
    await dropTables(runner, ['seen_tag', 'corp_tag'])
    await createTable(runner, 'corp_tag', { tag_group: 'text key', tag: 'text key', id: 'text' })
    await createTable(runner, 'seen_tag', {
      staff: 'text key',
      external: 'text key',
      tag_group: 'text key',
      tag: 'text',
      tag_id: 'text',
      refused: 'int',
      at: 'int',
    })
    await runner.query(
      'INSERT INTO corp_tag (tag_group, tag, id) select tag_group, tag, id from corp_tag_after',
    )
    await runner.query(
      `INSERT INTO seen_tag (staff, external, tag_group, tag, tag_id, refused, at)
       select staff, external, tag_group, min(tag), min(tag_id), 0, max(at) from seen_tag_after group by staff, external, tag_group`,
    )
    await runner.query('DROP TABLE corp_tag_after')
    await runner.query('DROP TABLE seen_tag_after')
  }
}
