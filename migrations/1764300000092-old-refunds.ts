import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Refunds that were told before `restraint` knew of them: the newest of each customer, by the most trusted of her names. */
export class OldRefunds1764300000092 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const named = (kind: string, column: string): string =>
      `(SELECT customer FROM identity WHERE kind = '${kind}' AND value = log.${column} AND seq <= log.seq)`
    await runner.query(`
      INSERT INTO restraint (customer, refund_at)
      SELECT customer, max(at) FROM (
        SELECT at, coalesce(${named('external', 'external')}, ${named('union', 'union_id')},
          ${named('shop', 'shop_id')}, ${named('phone', 'phone_hash')}) AS customer
        FROM log WHERE kind = 'order-refunded') refund
      WHERE customer IS NOT NULL
      GROUP BY customer
      ON CONFLICT (customer) DO UPDATE SET refund_at = case
        when restraint.refund_at is null or restraint.refund_at < excluded.refund_at then excluded.refund_at
        else restraint.refund_at end`)
  }

  /** What is known of refunds goes with its column. */
  async down(): Promise<void> {
    await Promise.resolve()
  }
}
