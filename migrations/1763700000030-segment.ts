import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Facts in day buckets, standings with their reasons, frozen cut points, wanted tags. */
export class Segment1763700000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'facts', {
      customer: 'text key',
      first_day: 'text?',
      last_day: 'text?',
      purchases: 'int',
      orders: 'int',
      amount_fen: 'int',
      engaged_day: 'text?',
      complained_day: 'text?',
      browsed_day: 'text?',
    })
    await createTable(runner, 'engagement_day', { customer: 'text key', day: 'text key', acts: 'int' })
    await createTable(
      runner,
      'standing',
      {
        customer: 'text key',
        tier: 'text',
        since_day: 'text',
        reason: 'text',
        dormancy: 'text?',
        stage: 'text',
        next_day: 'text?',
        computed_day: 'text',
      },
      { index: [['tier'], ['next_day']] },
    )
    await createTable(runner, 'cut_point', { name: 'text key', day: 'text key', cut: 'int', buyers: 'int' })
    await createTable(runner, 'wanted_tag', {
      customer: 'text key',
      tag_group: 'text key',
      tag: 'text',
      changed_at: 'int',
    })
    await createTable(runner, 'segment_state', { name: 'text key', value: 'text' })
    await runner.query(`insert into segment_state (name, value) values ('lock', ''), ('rules', '')`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, [
      'segment_state',
      'wanted_tag',
      'cut_point',
      'standing',
      'engagement_day',
      'facts',
    ])
  }
}
