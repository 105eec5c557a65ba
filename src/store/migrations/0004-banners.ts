/**
 *   banners          what hosts that answered said over a connection (`scan --banner`), by run, address and port. `time_us`
 *                    counts from the run's start; `outcome` is read, silent, closed, refused, unreachable or tls-failed;
 *                    `tls_names` is a JSON array
 *   banner_results   the same for people
 */

export const banners = {
  version: 4,
  name: 'banners',
  sql: `
CREATE TABLE banners (
  run INTEGER NOT NULL REFERENCES runs (id),
  address INTEGER NOT NULL,
  port INTEGER NOT NULL,
  time_us INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  protocol TEXT,
  banner BLOB,
  title TEXT,
  tls_version TEXT,
  tls_names TEXT,
  tls_issuer TEXT,
  tls_not_before TEXT,
  tls_not_after TEXT,
  PRIMARY KEY (run, address, port)
) WITHOUT ROWID;

CREATE VIEW banner_results AS
SELECT
  b.run,
  strftime('%Y-%m-%dT%H:%M:%fZ', (r.started_us + b.time_us) / 1000000.0, 'unixepoch') AS time,
  (b.address >> 24) || '.' || ((b.address >> 16) & 255) || '.' || ((b.address >> 8) & 255) || '.' || (b.address & 255)
    AS address,
  b.port,
  b.outcome,
  b.protocol,
  CAST(b.banner AS TEXT) AS banner,
  b.title,
  b.tls_version,
  b.tls_names,
  b.tls_issuer,
  b.tls_not_before,
  b.tls_not_after
FROM banners b
JOIN runs r ON r.id = b.run;
`,
} as const
