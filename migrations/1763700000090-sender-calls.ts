import type { MigrationInterface, QueryRunner } from 'typeorm'
import { TableIndex } from 'typeorm'

/** How often one advisor was called lately is asked before each card. */
export class SenderCalls1763700000090 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex(
      'parcel',
      new TableIndex({ name: 'ix_parcel_sender_called_at', columnNames: ['sender', 'called_at'] }),
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('parcel', 'ix_parcel_sender_called_at')
  }
}
