/**
 * What an interrupted or killed mass trace goes on from.
 *
 *   mass_traces   one per mass trace that is not done: its plan as JSON; its targets, 32-bit little-endian addresses in ascending
 *                 order; and, replaced about every second, how far it has come, which only the trace itself can read
 */

export const massTraces = {
  version: 7,
  name: 'mass-traces',
  sql: `
CREATE TABLE mass_traces (
  run INTEGER PRIMARY KEY REFERENCES runs (id),
  plan TEXT NOT NULL,
  targets BLOB NOT NULL,
  state BLOB,
  saved_us INTEGER
);
`,
} as const
