import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Points, coupons, games and their moves. */
export class Games1763700000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'points',
      { id: 'text key', player: 'text', amount: 'int', words: 'text', unique_key: 'text', at: 'int' },
      { unique: [['unique_key']], index: [['player', 'at']] },
    )
    await createTable(
      runner,
      'coupon',
      {
        code: 'text key',
        player: 'text',
        title: 'text',
        state: 'text',
        issued_at: 'int',
        expires_at: 'int',
        source_key: 'text',
      },
      { unique: [['source_key']], index: [['player', 'issued_at']] },
    )
    await createTable(runner, 'game', {
      id: 'text key',
      kind: 'text',
      title: 'text',
      settings: 'text',
      touchpoint: 'text',
      opens_at: 'int',
      closes_at: 'int',
      created_at: 'int',
      moves: 'int',
    })
    await createTable(
      runner,
      'game_move',
      { game: 'text key', player: 'text key', slot: 'text key', choice: 'text', at: 'int' },
      { index: [['player', 'at']] },
    )
    await createTable(runner, 'game_miss', {
      game: 'text key',
      player: 'text key',
      minute: 'int key',
      misses: 'int',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['game_miss', 'game_move', 'game', 'coupon', 'points'])
  }
}
