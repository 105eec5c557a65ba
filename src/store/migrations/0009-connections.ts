import { ipText, isoTime } from './0001-results.ts'

/**
 *   connections          who talked with whom (`watch`), a row each, by run and the number of the connection in it. Times in µs since
 *                        the Unix epoch; bytes are those of IP packets; `initiator` 0 unknown, 1 local, 2 remote; `tcp_state` as
 *                        core/connection.ts numbers them, NULL = not TCP; `name_source` 0 none, 1 DNS, 2 TLS, 3 QUIC; `ended` 0 no,
 *                        1 yes, 2 forgotten for want of room while it went on
 *   connection_results   the same for people
 */
export const connections = {
  version: 9,
  name: 'connections',
  sql: `
CREATE TABLE connections (
  run INTEGER NOT NULL,
  id INTEGER NOT NULL,
  protocol INTEGER NOT NULL,
  local INTEGER NOT NULL,
  local_port INTEGER NOT NULL,
  remote INTEGER NOT NULL,
  remote_port INTEGER NOT NULL,
  initiator INTEGER NOT NULL,
  packets_out INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  packets_in INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  first_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  tcp_state INTEGER,
  rtt_us INTEGER,
  name TEXT,
  name_source INTEGER NOT NULL,
  process TEXT,
  device TEXT,
  ended INTEGER NOT NULL,
  PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE VIEW connection_results AS
SELECT
  c.run,
  c.id,
  CASE c.protocol WHEN 1 THEN 'icmp' WHEN 6 THEN 'tcp' WHEN 17 THEN 'udp' WHEN 58 THEN 'icmp6' WHEN 132 THEN 'sctp'
    ELSE c.protocol END AS protocol,
  ${ipText('c.local')} AS local,
  c.local_port,
  ${ipText('c.remote')} AS remote,
  c.remote_port,
  CASE c.initiator WHEN 1 THEN 'local' WHEN 2 THEN 'remote' END AS initiator,
  c.name,
  c.packets_out,
  c.bytes_out,
  c.packets_in,
  c.bytes_in,
  ${isoTime('c.first_us')} AS first_seen,
  ${isoTime('c.last_us')} AS last_seen,
  CASE c.tcp_state WHEN 1 THEN 'syn-sent' WHEN 2 THEN 'syn-received' WHEN 3 THEN 'established' WHEN 4 THEN 'closing'
    WHEN 5 THEN 'closed' WHEN 6 THEN 'reset' WHEN 7 THEN 'listen' END AS tcp_state,
  round(c.rtt_us / 1000.0, 3) AS rtt_ms,
  c.process,
  c.device,
  coalesce(p.country, p.country_code) AS country,
  p.country_code,
  p.city,
  p.latitude,
  p.longitude,
  p.asn,
  p.as_organization AS isp
FROM connections c
LEFT JOIN locations l ON l.address = c.remote
LEFT JOIN places p ON p.id = l.place;
`,
} as const
