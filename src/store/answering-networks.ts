/** Networks where everything answers, as a scan found them. */

import type Database from 'better-sqlite3'

export interface AnsweringNetworkRow {
  /** First address of the /24. */
  network: number
  asked: number
  answered: number
}

export const putAnsweringNetworks = (
  database: Database.Database,
  runId: number,
  networks: readonly AnsweringNetworkRow[],
): void => {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO answering_networks (run, network, asked, answered) VALUES (?, ?, ?, ?)',
  )
  database.transaction(() => {
    for (const { network, asked, answered } of networks) insert.run(runId, network, asked, answered)
  })()
}
