import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Promises, parcels, manners and the leases of those who deliver. */
export class Outbox1763700000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'promise',
      {
        id: 'text key',
        dedupe_key: 'text',
        touchpoint: 'text',
        title: 'text',
        cadence_version: 'int',
        purpose: 'text',
        personal: 'int',
        channel: 'text',
        subject_kind: 'text',
        subject: 'text',
        customer: 'text?',
        sender: 'text?',
        day: 'text',
        wanted_at: 'int',
        due_at: 'int',
        expires_at: 'int',
        decision: 'text',
        reason_code: 'text',
        reason_words: 'text',
        state: 'text?',
        content: 'text',
        parcel: 'text?',
        remote_id: 'text?',
        priority: 'int',
        attempts: 'int',
        epoch: 'int',
        crashes: 'int',
        ready_at: 'int',
        lease_holder: 'text?',
        created_at: 'int',
        pressed_at: 'int?',
        sent_at: 'int?',
        settled_at: 'int?',
        settle_code: 'text?',
        settle_words: 'text?',
      },
      {
        unique: [['dedupe_key']],
        index: [
          ['state', 'ready_at'],
          ['customer', 'due_at'],
          ['subject', 'due_at'],
          ['sender', 'state'],
          ['day', 'touchpoint'],
          ['parcel'],
        ],
      },
    )
    await createTable(
      runner,
      'parcel',
      {
        id: 'text key',
        channel: 'text',
        sender: 'text?',
        batch_token: 'text',
        wording: 'text',
        text: 'text',
        body: 'text',
        state: 'text',
        remote_id: 'text?',
        attempts: 'int',
        intent_at: 'int',
        called_at: 'int',
        expires_at: 'int',
        next_look_at: 'int?',
        looks: 'int',
        recall: 'text?',
        reminded_at: 'int?',
        created_at: 'int',
        settled_at: 'int?',
        error: 'text?',
      },
      {
        unique: [['batch_token']],
        index: [['state', 'next_look_at'], ['next_look_at'], ['remote_id'], ['channel', 'intent_at']],
      },
    )
    await createTable(runner, 'manners', { id: 'int key', version: 'int', body: 'text' })
    await createTable(runner, 'budget', { customer: 'text key' })
    await createTable(runner, 'restraint', {
      customer: 'text key',
      talked_at: 'int?',
      complaint_at: 'int?',
    })
    await createTable(runner, 'worker_lease', { worker: 'text key', lease_until: 'int' })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['worker_lease', 'restraint', 'budget', 'manners', 'parcel', 'promise'])
  }
}
