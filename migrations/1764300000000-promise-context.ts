import type { MigrationInterface, QueryRunner } from 'typeorm'

const columns = ['campaign', 'topic', 'experiment', 'arm']

/** What a promise belongs to: the campaign that can be stopped by itself, the topic one can opt out of, the arm of a test. */
export class PromiseContext1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const column of columns) await runner.query(`ALTER TABLE promise ADD COLUMN ${column} text`)
    await runner.query('ALTER TABLE promise ADD COLUMN worth_fen bigint')
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of [...columns, 'worth_fen'])
      await runner.query(`ALTER TABLE promise DROP COLUMN ${column}`)
  }
}
