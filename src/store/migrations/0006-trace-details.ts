/**
 * All that is known of each probe of a trace, and the names of hops.
 *
 *   trace_headers.end      why the trace went no further: reached, unreachable, gap, loop, max-ttl, interrupted
 *   trace_headers.source   the address that it was made from
 *   hops.sent_us           when the probe left, µs since the trace's start
 *   hops.flags             1 = a translator of addresses is on the way
 *   hops.tcp_flags         of an answer that is TCP
 *   hops.flow              NULL = 0, the only one of most traces
 *   hops.quoted_ttl        TTL of the probe in the router's quotation; NULL = 1, what it should be, or nothing was quoted
 *   hops.mtu               of a message that a packet was too big
 *   hops.extensions        JSON: what the router told besides (MPLS labels, interfaces)
 *   host_names             address → name by reverse DNS; NULL = asked, has none
 */

export const traceDetails = {
  version: 6,
  name: 'trace details',
  sql: `
ALTER TABLE trace_headers ADD COLUMN end TEXT;
ALTER TABLE trace_headers ADD COLUMN source INTEGER;
CREATE INDEX trace_targets ON trace_headers (target, started_us);

ALTER TABLE hops ADD COLUMN sent_us INTEGER;
ALTER TABLE hops ADD COLUMN flags INTEGER;
ALTER TABLE hops ADD COLUMN tcp_flags INTEGER;
ALTER TABLE hops ADD COLUMN flow INTEGER;
ALTER TABLE hops ADD COLUMN quoted_ttl INTEGER;
ALTER TABLE hops ADD COLUMN mtu INTEGER;
ALTER TABLE hops ADD COLUMN extensions TEXT;

CREATE TABLE host_names (
  address INTEGER PRIMARY KEY,
  name TEXT,
  asked_us INTEGER NOT NULL
) WITHOUT ROWID;
`,
} as const
