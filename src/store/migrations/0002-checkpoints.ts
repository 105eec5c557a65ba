/**
 * What an interrupted or killed scan goes on from.
 *
 *   scan_plans    one per scan that is not done: its plan as JSON, and the target intervals, which may be many, as 32-bit
 *                 little-endian first and last addresses
 *   checkpoints   one per such scan, replaced every second: how far each sender's walk is known to be kept
 */

export const checkpoints = {
  version: 2,
  name: 'checkpoints',
  sql: `
CREATE TABLE scan_plans (
  run INTEGER PRIMARY KEY REFERENCES runs (id),
  plan TEXT NOT NULL,
  firsts BLOB NOT NULL,
  lasts BLOB NOT NULL
);

CREATE TABLE checkpoints (
  run INTEGER PRIMARY KEY REFERENCES runs (id),
  positions TEXT NOT NULL,
  totals TEXT NOT NULL,
  saved_us INTEGER NOT NULL
);
`,
} as const
