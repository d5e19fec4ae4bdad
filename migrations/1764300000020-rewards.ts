import { TableIndex } from 'typeorm'
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

const texts = ['family', 'terms', 'lock_holder', 'redeemed_by', 'redeem_key']
const instants = ['lock_until', 'redeemed_at']
const indices = [
  ['player', 'family', 'issued_at'],
  ['state', 'expires_at'],
]

/** Coupons that are held and redeemed, levels and what was granted of them, points that can be spent, who brought whom. */
export class Rewards1764300000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const column of texts) await runner.query(`ALTER TABLE coupon ADD COLUMN ${column} text`)
    for (const column of instants) await runner.query(`ALTER TABLE coupon ADD COLUMN ${column} bigint`)
    for (const columns of indices)
      await runner.createIndex(
        'coupon',
        new TableIndex({ name: `ix_coupon_${columns.join('_')}`, columnNames: columns }),
      )
    await createTable(runner, 'points_account', { player: 'text key' })
    await createTable(
      runner,
      'level_standing',
      {
        customer: 'text key',
        level: 'text',
        earned: 'text',
        since_no: 'int?',
        keep_no: 'int?',
        granted_no: 'int?',
        next_no: 'int?',
      },
      { index: [['next_no']] },
    )
    await createTable(
      runner,
      'level_grant',
      {
        key: 'text key',
        customer: 'text',
        given_to: 'text',
        level: 'text',
        from_no: 'int',
        until_no: 'int',
        why: 'text',
      },
      { index: [['customer']] },
    )
    await createTable(runner, 'referral_code', { code: 'text key', player: 'text' }, { unique: [['player']] })
    await createTable(
      runner,
      'referral',
      {
        friend: 'text key',
        inviter: 'text',
        friend_was: 'text',
        inviter_was: 'text',
        via: 'text',
        state: 'text',
        why: 'text',
        joined_at: 'int',
        order_key: 'text?',
        due_no: 'int?',
        settled_at: 'int?',
      },
      {
        index: [
          ['inviter', 'joined_at'],
          ['state', 'due_no'],
        ],
      },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['referral', 'referral_code', 'level_grant', 'level_standing', 'points_account'])
    for (const columns of indices) await runner.dropIndex('coupon', `ix_coupon_${columns.join('_')}`)
    for (const column of [...texts, ...instants])
      await runner.query(`ALTER TABLE coupon DROP COLUMN ${column}`)
  }
}
