import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Customers, their identities and consent; staff, contacts and groups as WeCom shows them. */
export class Customer1763700000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'customer', { id: 'text key', created_at: 'int', first_seq: 'int' })
    await createTable(
      runner,
      'identity',
      { kind: 'text key', value: 'text key', customer: 'text' },
      { index: [['customer']] },
    )
    await createTable(runner, 'identity_conflict', {
      kept: 'text key',
      other: 'text key',
      first_seq: 'int',
    })
    await createTable(runner, 'consent', {
      customer: 'text key',
      purpose: 'text key',
      opted_out: 'int',
      changed_at: 'int',
      via: 'text',
    })
    await createTable(runner, 'topic_choice', {
      customer: 'text key',
      topic: 'text key',
      wanted: 'int',
      changed_at: 'int',
    })
    await createTable(runner, 'staff', { userid: 'text key', name: 'text', active: 'int', contact: 'int' })
    await createTable(
      runner,
      'relation',
      {
        external: 'text key',
        staff: 'text key',
        state: 'text',
        added_at: 'int',
        removed_at: 'int?',
        remark: 'text?',
        add_way: 'int?',
        from_state: 'text?',
      },
      { index: [['staff', 'state']] },
    )
    await createTable(runner, 'profile', {
      external: 'text key',
      name: 'text',
      avatar: 'text?',
      gender: 'int',
      unionid: 'text?',
      remark_tags: 'text',
    })
    await createTable(runner, 'chat_group', {
      chat: 'text key',
      name: 'text',
      owner: 'text',
      interest: 'text?',
      state: 'text',
      member_version: 'text?',
    })
    await createTable(
      runner,
      'group_member',
      { chat: 'text key', member: 'text key', kind: 'int', joined_at: 'int' },
      { index: [['member']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, [
      'group_member',
      'chat_group',
      'profile',
      'relation',
      'staff',
      'topic_choice',
      'consent',
      'identity_conflict',
      'identity',
      'customer',
    ])
  }
}
