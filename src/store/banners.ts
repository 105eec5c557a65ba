/** Banners into the results file. */

import type Database from 'better-sqlite3'
import type { Banner } from '../core/banner.ts'

const INSERT = `INSERT OR REPLACE INTO banners
  (run, address, port, time_us, outcome, protocol, banner, title, tls_version, tls_names, tls_issuer, tls_not_before, tls_not_after)
  SELECT id, ?, ?, ? - started_us, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM runs WHERE id = ?`

/** Committed on return. One of the same run, address and port replaces the one before. */
export const putBanners = (database: Database.Database, runId: number, banners: readonly Banner[]): void => {
  const insert = database.prepare(INSERT)
  database
    .transaction(() => {
      for (const { address, port, timeUs, outcome, protocol, bytes, title, tls } of banners) {
        insert.run(
          address,
          port,
          Math.round(timeUs),
          outcome,
          protocol,
          bytes.length === 0 ? null : bytes,
          title,
          tls?.version ?? null,
          tls === null ? null : JSON.stringify(tls.names),
          tls?.issuer ?? null,
          tls?.notBefore ?? null,
          tls?.notAfter ?? null,
          runId,
        )
      }
    })
    .immediate()
}
