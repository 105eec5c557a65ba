/**
 * The first schema. Base tables are compact and for programs; the views are for people and the sqlite3 program.
 *
 *   runs            one per command that wrote results; times in µs since the Unix epoch
 *   observations    one per reply; time_us counts from the run's start
 *   classifications number → name
 *   places          one per distinct place that a provider named
 *   locations       address → place; place NULL = looked up, not found; no row = not looked up
 *   trace_headers   one per trace
 *   hops            one per probe of a trace
 *
 *   results         observations with everything spelled out
 *   points          observations that have coordinates
 *   traces          one line per trace
 *   TRACE           one line per hop
 *
 * An IPv4 address is an INTEGER, an IPv6 address a BLOB of 16 bytes. A column of `observations` is NULL when it would
 * repeat another or has nothing to say: `target` when the target itself answered, `rtt_us` when it was not measured,
 * `icmp` (type × 256 + code) when the reply is not ICMP, `window` when it is not TCP. `flags`: 1 success, 2 repeat,
 * 4 cooldown, and from 16 on the question that is answered, of several to each target. There is no index on observations: it would cost more than all else together; whole-table reads are what
 * maps need, at 8 million rows a second.
 *
 * Names of tables and views share one namespace without regard to case, therefore `trace_headers` beside the view
 * `traces` that people ask for.
 */

/** An address column as people write it. */
export const ipText = (column: string): string => {
  const group = (i: number): string => `substr(hex(${column}), ${i * 4 + 1}, 4)`
  const groups = Array.from({ length: 8 }, (_, i) => group(i)).join(" || ':' || ")
  return `CASE typeof(${column})
      WHEN 'integer' THEN (${column} >> 24) || '.' || ((${column} >> 16) & 255) || '.' || ((${column} >> 8) & 255) || '.' || (${column} & 255)
      WHEN 'blob' THEN lower(${groups})
    END`
}

/** Microseconds since the Unix epoch as ISO 8601. */
export const isoTime = (us: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', (${us}) / 1e6, 'unixepoch')`

export const results = {
  version: 1,
  name: 'results',
  sql: `
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL,
  arguments TEXT NOT NULL,
  module TEXT,
  ports TEXT,
  seed TEXT,
  vantage TEXT,
  started_us INTEGER NOT NULL,
  finished_us INTEGER,
  outcome TEXT CHECK (outcome IN ('done', 'interrupted', 'failed')),
  summary TEXT
);

CREATE TABLE classifications (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE observations (
  run INTEGER NOT NULL,
  time_us INTEGER NOT NULL,
  address INTEGER NOT NULL,
  target INTEGER,
  port INTEGER NOT NULL,
  classification INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  ttl INTEGER NOT NULL,
  rtt_us INTEGER,
  icmp INTEGER,
  window INTEGER,
  data BLOB
);

CREATE TABLE places (
  id INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  latitude REAL CHECK (latitude BETWEEN -90 AND 90),
  longitude REAL CHECK (longitude BETWEEN -180 AND 180),
  accuracy_km REAL,
  country_code TEXT,
  country TEXT,
  region TEXT,
  city TEXT,
  asn INTEGER,
  as_organization TEXT
);

CREATE TABLE locations (
  address INTEGER PRIMARY KEY,
  place INTEGER REFERENCES places (id)
) WITHOUT ROWID;

CREATE TABLE trace_headers (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL REFERENCES runs (id),
  target INTEGER NOT NULL,
  target_name TEXT,
  method TEXT,
  started_us INTEGER NOT NULL,
  finished_us INTEGER,
  reached INTEGER NOT NULL
);

CREATE TABLE hops (
  trace INTEGER NOT NULL REFERENCES trace_headers (id),
  ttl INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  address INTEGER,
  rtt_us INTEGER,
  icmp INTEGER,
  reply_ttl INTEGER,
  PRIMARY KEY (trace, ttl, attempt)
) WITHOUT ROWID;

CREATE VIEW results AS
SELECT
  o.run,
  ${isoTime('r.started_us + o.time_us')} AS time,
  ${ipText('o.address')} AS saddr,
  ${ipText('coalesce(o.target, o.address)')} AS target,
  o.port,
  c.name AS classification,
  o.flags & 1 AS success,
  (o.flags >> 1) & 1 AS repeat,
  (o.flags >> 2) & 1 AS cooldown,
  o.ttl,
  o.rtt_us,
  o.icmp >> 8 AS icmp_type,
  o.icmp & 255 AS icmp_code,
  o.window,
  coalesce(p.country, p.country_code) AS country,
  p.country_code,
  p.region,
  p.city,
  p.latitude,
  p.longitude,
  p.accuracy_km,
  p.asn,
  p.as_organization AS isp,
  p.provider,
  nullif(hex(o.data), '') AS data
FROM observations o
JOIN runs r ON r.id = o.run
LEFT JOIN classifications c ON c.id = o.classification
LEFT JOIN locations l ON l.address = o.address
LEFT JOIN places p ON p.id = l.place;

CREATE VIEW points AS
SELECT
  p.latitude,
  p.longitude,
  o.run,
  o.port,
  ${ipText('o.address')} AS address,
  p.country_code,
  p.city
FROM observations o
JOIN locations l ON l.address = o.address
JOIN places p ON p.id = l.place
WHERE p.latitude IS NOT NULL AND p.longitude IS NOT NULL AND o.flags & 3 = 1;

CREATE VIEW traces AS
SELECT
  t.uuid AS id,
  ${isoTime('t.started_us')} AS date_created,
  ${ipText('t.target')} AS target,
  t.target_name,
  t.method,
  t.reached,
  max(h.ttl) AS hops,
  count(DISTINCT h.address) AS routers,
  count(DISTINCT CASE WHEN p.latitude IS NOT NULL THEN h.address END) AS located,
  round(min(CASE WHEN h.address = t.target THEN h.rtt_us END) / 1000.0, 3) AS rtt_ms
FROM trace_headers t
LEFT JOIN hops h ON h.trace = t.id
LEFT JOIN locations l ON l.address = h.address
LEFT JOIN places p ON p.id = l.place
GROUP BY t.id;

CREATE VIEW TRACE AS
SELECT
  t.uuid AS ID,
  h.ttl AS HOP,
  ${ipText('h.address')} AS IP,
  coalesce(p.country, p.country_code) AS COUNTRY,
  p.city AS CITY,
  p.as_organization AS ISP,
  p.latitude AS LATITUDE,
  p.longitude AS LONGITUDE,
  ${isoTime('t.started_us')} AS DATE_CREATED
FROM trace_headers t
JOIN hops h ON h.trace = t.id
LEFT JOIN locations l ON l.address = h.address
LEFT JOIN places p ON p.id = l.place
WHERE h.address IS NOT NULL
  OR NOT EXISTS (SELECT 1 FROM hops a WHERE a.trace = h.trace AND a.ttl = h.ttl AND a.address IS NOT NULL)
GROUP BY t.id, h.ttl, h.address
ORDER BY t.id, h.ttl;
`,
} as const
