/**
 * What is odd about a place, and where the round trip time says that it can't be.
 *
 *   places.state         NULL = nothing odd, 'approximate', 'anycast' (in many places at once), 'private' (nobody's)
 *   impossible_places    addresses from which answers came sooner than light in fibre takes to the place and back: how far the
 *                        place is from where the run probed, the least RTT, and how far the place could be at most
 *   impossible_results   the same for people, with the place
 *
 * `results` and `TRACE` gain `location`: located, approximate, anycast, private, unlocated (looked up, no coordinates) or
 * not looked up. `points` gains `state`.
 */

import { ipText, isoTime } from './0001-results.ts'

/** In words, of a row with `l` (locations) and `p` (places) joined to it. */
export const LOCATION = `CASE
    WHEN l.address IS NULL THEN 'not looked up'
    WHEN p.state IN ('anycast', 'private') THEN p.state
    WHEN p.latitude IS NULL OR p.longitude IS NULL THEN 'unlocated'
    ELSE coalesce(p.state, 'located')
  END`

export const placeStates = {
  version: 5,
  name: 'place states',
  sql: `
ALTER TABLE places ADD COLUMN state TEXT CHECK (state IN ('approximate', 'anycast', 'private'));
ALTER TABLE places ADD COLUMN continent_code TEXT;
ALTER TABLE places ADD COLUMN postal_code TEXT;
ALTER TABLE places ADD COLUMN time_zone TEXT;
ALTER TABLE places ADD COLUMN geoname_id INTEGER;

CREATE TABLE impossible_places (
  run INTEGER NOT NULL REFERENCES runs (id),
  address INTEGER NOT NULL,
  distance_km REAL NOT NULL,
  rtt_us INTEGER NOT NULL,
  limit_km REAL NOT NULL,
  PRIMARY KEY (run, address)
) WITHOUT ROWID;

CREATE VIEW impossible_results AS
SELECT
  i.run,
  ${ipText('i.address')} AS address,
  coalesce(p.country, p.country_code) AS country,
  p.city,
  p.latitude,
  p.longitude,
  i.distance_km,
  round(i.rtt_us / 1000.0, 3) AS rtt_ms,
  i.limit_km
FROM impossible_places i
LEFT JOIN locations l ON l.address = i.address
LEFT JOIN places p ON p.id = l.place;

DROP VIEW results;
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
  ${LOCATION} AS location,
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

DROP VIEW points;
CREATE VIEW points AS
SELECT
  p.latitude,
  p.longitude,
  o.run,
  o.port,
  ${ipText('o.address')} AS address,
  p.country_code,
  p.city,
  p.state
FROM observations o
JOIN locations l ON l.address = o.address
JOIN places p ON p.id = l.place
WHERE p.latitude IS NOT NULL AND p.longitude IS NOT NULL AND o.flags & 3 = 1;

DROP VIEW TRACE;
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
  ${isoTime('t.started_us')} AS DATE_CREATED,
  CASE WHEN h.address IS NOT NULL THEN ${LOCATION} END AS LOCATION
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
