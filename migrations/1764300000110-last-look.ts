import type { MigrationInterface, QueryRunner } from 'typeorm'

const index = 'ix_promise_state_channel_priority_ready_at'

/**
 * What the last look before a call must know of a promise: days on which it is not said, and that somebody waits. Talks
 * with an advisor count as well from now on, so those in 微信客服 get a column of their own; until now there were no others.
 * The index answers what is due first on a channel without sorting all that is due.
 */
export class LastLook1764300000110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE promise ADD COLUMN not_on text')
    await runner.query('ALTER TABLE promise ADD COLUMN awaited bigint')
    await runner.query(`CREATE INDEX ${index} ON promise (state, channel, priority, ready_at)`)
    await runner.query('ALTER TABLE restraint ADD COLUMN kf_at bigint')
    await runner.query('UPDATE restraint SET kf_at = talked_at')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restraint DROP COLUMN kf_at')
    await runner.query(`DROP INDEX ${index}`)
    await runner.query('ALTER TABLE promise DROP COLUMN awaited')
    await runner.query('ALTER TABLE promise DROP COLUMN not_on')
  }
}
