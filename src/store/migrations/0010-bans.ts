/**
 * Who was banned, and who tried: what guards of servers and servers' own logs told.
 *
 *   jails         a jail of a host, whose names are those of the guard
 *   ban_facts     what was told of an address in a jail, each fact once, whoever told it and however often: `prefix_bits` 32 or
 *                 128 is one address; `kind` as below; `time_us` of the fact since the Unix epoch, `last_us` of a list without
 *                 times when it was last seen so; `ends_us` NULL = not known, 9007199254740991 = never; `run` the one that
 *                 first told it
 *   ban_attempts  failures that no ban is, by hour since the Unix epoch
 *   ban_reports   the last run that a report has told of: bans of later ones are new
 *   ban_spans     the bans that the facts tell of; ban_results the same for people
 *
 * Kinds, in the order in which those of one time happened: 0 unban; 1 ban with the guard's own time (that of the last
 * failure), as its database and client have it; 2 ban by the log, which is written a moment later; 3 banned again
 * after the guard's start; 4 banned for longer; 5 listed, and nobody says since when.
 *
 * Which facts are one ban is worked out here, from all facts and not while they are written: so it does not matter in which order
 * logs, databases and lists are read. Facts of an address in a jail are taken in order of time. A ban begins with
 *   1     unless a ban, or 4, was told of within the second before: guards round their times, a log may be kept twice, and two
 *         threads of fail2ban write of a longer ban, either may be the first
 *   2     unless so, or unless the guard's own time of the ban is known: 1, less than ten minutes before, with no other log line,
 *         unban or end since. That long is fail2ban's own default findtime; a busy guard, or one that starts, is late by
 *         minutes
 *   3     when no ban is known, or all have ended by their own times: an unban before it was the guard's stop
 *   4, 5  when no ban is known, or the last was lifted or has ended
 * and with nothing else. It ends with its last unban, unless it was told of again after that; else when it was said to end at the
 * latest. An unban before all bans is kept for the day when an older log is read.
 */

import { ipText, isoTime } from './0001-results.ts'

export const SAME_US = 1_000_000
export const LOG_LAG_US = 600_000_000
const NEVER_US = Number.MAX_SAFE_INTEGER

const BEGINS = `CASE kind
      WHEN 0 THEN 0
      WHEN 1 THEN coalesce(time_us - ban_us > ${SAME_US}, 1)
      WHEN 2 THEN coalesce(time_us - ban_us > ${SAME_US}, 1) AND (
        own_us IS NULL
        OR time_us - own_us > ${LOG_LAG_US}
        OR coalesce(log_us > own_us, 0)
        OR coalesce(unban_us > own_us, 0)
        OR coalesce(known_ends_us < time_us, 0)
      )
      WHEN 3 THEN any_us IS NULL OR coalesce(known_ends_us < time_us, 0)
      ELSE any_us IS NULL OR coalesce(unban_us >= any_us, 0) OR coalesce(known_ends_us < time_us, 0)
    END`

export const bans = {
  version: 10,
  name: 'bans',
  sql: `
CREATE TABLE jails (id INTEGER PRIMARY KEY, host TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (host, name));

CREATE TABLE ban_facts (
  address INTEGER NOT NULL,
  prefix_bits INTEGER NOT NULL,
  jail INTEGER NOT NULL REFERENCES jails (id),
  time_us INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  ends_us INTEGER,
  last_us INTEGER,
  failures INTEGER,
  run INTEGER NOT NULL,
  PRIMARY KEY (address, prefix_bits, jail, time_us, kind)
) WITHOUT ROWID;

CREATE TABLE ban_attempts (
  address INTEGER NOT NULL,
  jail INTEGER NOT NULL REFERENCES jails (id),
  hour INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (address, jail, hour)
) WITHOUT ROWID;

CREATE TABLE ban_reports (id INTEGER PRIMARY KEY CHECK (id = 1), run INTEGER NOT NULL);

CREATE VIEW ban_numbers AS
WITH ordered AS (
  SELECT
    *,
    max(iif(kind IN (1, 2, 4), time_us, NULL)) OVER before AS ban_us,
    max(iif(kind = 1, time_us, NULL)) OVER before AS own_us,
    max(iif(kind = 2, time_us, NULL)) OVER before AS log_us,
    max(iif(kind = 0, time_us, NULL)) OVER before AS unban_us,
    max(iif(kind > 0, coalesce(last_us, time_us), NULL)) OVER before AS any_us,
    max(ends_us) OVER before AS known_ends_us
  FROM ban_facts
  WINDOW before AS (
    PARTITION BY address, prefix_bits, jail ORDER BY time_us, kind ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
)
SELECT
  *,
  sum(${BEGINS}) OVER (
    PARTITION BY address, prefix_bits, jail ORDER BY time_us, kind ROWS UNBOUNDED PRECEDING
  ) AS ban
FROM ordered;

CREATE VIEW ban_spans AS
SELECT
  address,
  prefix_bits,
  jail,
  ban,
  min(CASE WHEN kind <> 0 THEN time_us END) AS began_us,
  CASE
    WHEN max(CASE WHEN kind = 0 THEN time_us END) > max(CASE WHEN kind <> 0 THEN coalesce(last_us, time_us) END)
      THEN max(CASE WHEN kind = 0 THEN time_us END)
    ELSE max(ends_us)
  END AS ends_us,
  max(coalesce(last_us, time_us)) AS last_us,
  max(failures) AS failures,
  max(kind = 3) AS restored,
  max(kind = 4) AS increased,
  min(kind) = 5 AS listed,
  min(CASE WHEN kind <> 0 THEN run END) AS run
FROM ban_numbers
WHERE ban > 0
GROUP BY address, prefix_bits, jail, ban;

CREATE VIEW ban_results AS
SELECT
  ${isoTime('s.began_us')} AS time,
  ${ipText('s.address')} || CASE
    WHEN s.prefix_bits = iif(typeof(s.address) = 'blob', 128, 32) THEN ''
    ELSE '/' || s.prefix_bits
  END AS address,
  j.host,
  j.name AS jail,
  CASE WHEN s.ends_us = ${NEVER_US} THEN 'never' ELSE ${isoTime('s.ends_us')} END AS ends,
  s.failures,
  s.restored,
  s.increased,
  s.listed,
  coalesce(p.country, p.country_code) AS country,
  p.country_code,
  p.region,
  p.city,
  p.latitude,
  p.longitude,
  p.asn,
  p.as_organization AS isp,
  s.run
FROM ban_spans s
JOIN jails j ON j.id = s.jail
LEFT JOIN locations l ON l.address = s.address
LEFT JOIN places p ON p.id = l.place;
`,
} as const
