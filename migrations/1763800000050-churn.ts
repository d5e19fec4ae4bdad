import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Who is about to stay away, and the parameters by which that is judged. */
export class Churn1763800000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'churn_signal',
      {
        customer: 'text key',
        state: 'text',
        since_no: 'int?',
        score: 'real',
        due_no: 'int?',
        expected_next_no: 'int?',
        reason: 'text',
      },
      { clustered: true, index: [['state', 'due_no']] },
    )
    await createTable(runner, 'churn_calibration', { day_no: 'int key', body: 'text' })
    await createTable(runner, 'churn_state', { name: 'text key', value: 'text' })
    await runner.query(`insert into churn_state (name, value) values ('lock', ''), ('judged-by', '')`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['churn_state', 'churn_calibration', 'churn_signal'])
  }
}
