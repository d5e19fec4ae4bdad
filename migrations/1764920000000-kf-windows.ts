import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** The window of 微信客服 is counted for each account: when somebody last wrote there, told again from the log. */
export class KfWindows1764920000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'kf_talk',
      { external: 'text key', kfid: 'text key', customer: 'text key', wrote_at: 'int' },
      { index: [['customer']] },
    )
    const kfid =
      runner.connection.options.type === 'postgres'
        ? `detail::json ->> 'kfid'`
        : `json_extract(detail, '$.kfid')`
    await runner.query(`
      INSERT INTO kf_talk (external, kfid, customer, wrote_at)
      SELECT log.external, ${kfid}, identity.customer, max(log.at)
      FROM log JOIN identity ON identity.kind = 'external' AND identity.value = log.external
      WHERE log.kind = 'kf-said' GROUP BY 1, 2, 3`)
    await runner.query('ALTER TABLE restraint DROP COLUMN kf_at')
  }

  /** The newest of all accounts was kept before. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restraint ADD COLUMN kf_at bigint')
    await runner.query(
      'UPDATE restraint SET kf_at = (SELECT max(wrote_at) FROM kf_talk WHERE kf_talk.customer = restraint.customer)',
    )
    await dropTables(runner, ['kf_talk'])
  }
}
