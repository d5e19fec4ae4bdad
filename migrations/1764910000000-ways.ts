import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Ways into the private domain, what they tag with, and who came by which; the log already holds those who came. */
export class Ways1764910000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'way',
      {
        id: 'text key',
        kind: 'text',
        name: 'text',
        live_name: 'text?',
        mark: 'text',
        staff: 'text',
        departments: 'text',
        chats: 'text',
        single: 'int',
        skip_verify: 'int',
        remark: 'text',
        wanted: 'text',
        state: 'text',
        version: 'int',
        told: 'int',
        remote_id: 'text?',
        url: 'text?',
        why: 'text',
        asked_at: 'int?',
        looks: 'int',
        ready_at: 'int?',
        epoch: 'int',
        busy_until: 'int',
        created_by: 'text',
        created_at: 'int',
        ended_at: 'int?',
      },
      { unique: [['mark'], ['live_name']], index: [['ready_at']] },
    )
    await createTable(runner, 'way_tag', { mark: 'text key', tag: 'text key' })
    await createTable(
      runner,
      'entrance',
      { external: 'text key', place: 'text key', mark: 'text key', at: 'int' },
      { clustered: true, index: [['mark', 'at']] },
    )
    const mark =
      runner.connection.options.type === 'postgres'
        ? `(detail::json ->> 'State')`
        : `json_extract(detail, '$.State')`
    // The first of each by its place in the log, as the projection keeps it.
    await runner.query(
      `INSERT INTO entrance (external, place, mark, at)
       SELECT external, staff, mark, at FROM (
         SELECT external, staff, ${mark} AS mark, at,
                row_number() OVER (PARTITION BY external, staff, ${mark} ORDER BY seq) AS nth
           FROM log WHERE kind = 'contact-added' AND external IS NOT NULL AND staff IS NOT NULL) seen
        WHERE nth = 1 AND mark IS NOT NULL AND mark <> ''`,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['entrance', 'way_tag', 'way'])
  }
}
