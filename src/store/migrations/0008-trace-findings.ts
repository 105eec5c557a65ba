/**
 * What a trace found out besides its hops.
 *
 *   trace_headers.findings   JSON: `path_mtu`, `multipath` (who balances how, which links are certain); addresses as people write them
 */

export const traceFindings = {
  version: 8,
  name: 'trace findings',
  sql: `
ALTER TABLE trace_headers ADD COLUMN findings TEXT;
`,
} as const
