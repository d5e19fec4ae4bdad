import { TableIndex } from 'typeorm'
import type { MigrationInterface, QueryRunner } from 'typeorm'

const columns = ['shop_id', 'phone_hash', 'union_id']

/** Most rows of the log name nobody by these: their indices leave such rows out, which each row paid for. */
export class Sparse1764930000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const column of columns) {
      await runner.dropIndex('log', indexOf(column).name ?? '')
      await runner.createIndex('log', indexOf(column, `${column} IS NOT NULL`))
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of columns) {
      await runner.dropIndex('log', indexOf(column).name ?? '')
      await runner.createIndex('log', indexOf(column))
    }
  }
}

const indexOf = (column: string, where = ''): TableIndex =>
  new TableIndex({
    name: `ix_log_${column}_seq`,
    columnNames: [column, 'seq'],
    ...(where === '' ? {} : { where }),
  })
