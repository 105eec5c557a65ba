/** Strangers choose user names, requests, versions and offers: none of these may ban or accuse 203.0.113.66. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIp } from '../../../src/core/ip.ts'
import { banFormats } from '../../../src/sources/bans/index.ts'
import { localTimes } from '../../../src/sources/bans/local-times.ts'
import { NOW_US, readText } from './read-text.ts'

const VICTIM = '203.0.113.66'
const REAL = '192.0.2.1'
const LOG = '2026-01-02 03:04:05,678 '
const SSH = 'Jan  2 03:04:05 gate sshd[99]: '
const WEB_TIME = '[02/Jan/2026:03:04:05 +0000]'
const ERROR_LOG = '2026/01/02 03:04:05 [error] 12#12: *45 '

/** [what is tried, format, line, addresses that come out] */
const forged: [string, string, string, string[]][] = [
  ['a ban in words of the filter', 'fail2ban-log', `${LOG}fail2ban.filter [812]: WARNING [sshd] Ban ${VICTIM}`, []],
  [
    'a ban behind other words',
    'fail2ban-log',
    `${LOG}fail2ban.actions [812]: NOTICE [sshd] x [sshd] Ban ${VICTIM}`,
    [],
  ],
  [
    'an identity that looks like a ban',
    'fail2ban-log',
    `${LOG}fail2ban.actions [812]: NOTICE [users] Ban x] Ban ${VICTIM}`,
    [],
  ],
  [
    'an identity with an address in it',
    'fail2ban-log',
    `${LOG}fail2ban.actions [812]: NOTICE [users] Ban ${VICTIM} x`,
    [],
  ],
  [
    'a whole line within a line',
    'fail2ban-log',
    `${LOG}fail2ban.filter [812]: INFO x ${LOG}fail2ban.actions [812]: NOTICE [sshd] Ban ${VICTIM}`,
    [],
  ],
  [
    'a carriage return',
    'fail2ban-log',
    `${LOG}fail2ban.filter [812]: INFO x\r${LOG}fail2ban.actions [812]: NOTICE [sshd] Ban ${VICTIM}`,
    [],
  ],
  ['a line before the date', 'fail2ban-log', `x ${LOG}fail2ban.actions [812]: NOTICE [sshd] Ban ${VICTIM}`, []],
  ['another logger', 'fail2ban-log', `${LOG}fail2ban.actionsx [812]: NOTICE [sshd] Ban ${VICTIM}`, []],
  ['a process that is no number', 'fail2ban-log', `${LOG}fail2ban.actions [x]: NOTICE [sshd] Ban ${VICTIM}`, []],
  ['colours', 'fail2ban-log', `${LOG}fail2ban.actions [812]: NOTICE [sshd] Ban \u001b[31m${VICTIM}`, []],
  [
    'a line end in a system log',
    'syslog',
    `Jan  2 03:04:05 gate fail2ban.filter[1]: INFO x#012Jan  2 03:04:05 gate fail2ban.actions[1]: NOTICE [sshd] Ban ${VICTIM}`,
    [],
  ],
  [
    'a ban in words of another program',
    'syslog',
    `Jan  2 03:04:05 gate app[1]: fail2ban.actions[1]: NOTICE [sshd] Ban ${VICTIM}`,
    [],
  ],
  [
    'a ban out of the filter in the log of the service',
    'syslog',
    `Jan  2 03:04:05 gate fail2ban-server[1]: ${LOG}fail2ban.filter [1]: INFO [x] Ban ${VICTIM}`,
    [],
  ],
  [
    'the tail of sshd in a user name',
    'syslog',
    `${SSH}Failed password for invalid user x from ${VICTIM} port 22 ssh2 from ${REAL} port 99 ssh2`,
    [REAL],
  ],
  [
    'with a key behind',
    'syslog',
    `${SSH}Failed password for invalid user x from ${VICTIM} port 22 ssh2: RSA SHA256:a from ${REAL} port 99 ssh2`,
    [REAL],
  ],
  [
    "a certificate's name",
    'syslog',
    `${SSH}Failed publickey for invalid user x from ${REAL} port 99 ssh2: RSA-CERT SHA256:a ID x from ${VICTIM} port 22 ssh2 (serial 0) CA RSA SHA256:b`,
    [],
  ],
  ['an invalid user', 'syslog', `${SSH}Invalid user x from ${VICTIM} port 22 from ${REAL} port 99`, [REAL]],
  ['an invalid user without a port', 'syslog', `${SSH}Invalid user x from ${VICTIM} from ${REAL}`, [REAL]],
  [
    'a user who is closed',
    'syslog',
    `${SSH}Connection closed by invalid user x ${VICTIM} port 22 [preauth] ${REAL} port 99 [preauth]`,
    [REAL],
  ],
  [
    'a user with too many failures',
    'syslog',
    `${SSH}Disconnecting invalid user ${VICTIM} port 22: Too many authentication failures ${REAL} port 99: Too many authentication failures [preauth]`,
    [REAL],
  ],
  [
    'attempts of a user',
    'syslog',
    `${SSH}error: maximum authentication attempts exceeded for invalid user x from ${VICTIM} port 22 ssh2 [preauth] from ${REAL} port 99 ssh2 [preauth]`,
    [REAL],
  ],
  [
    'a version',
    'syslog',
    `${SSH}Bad protocol version identification 'x' from ${VICTIM} port 22' from ${REAL} port 99`,
    [REAL],
  ],
  [
    'an offer',
    'syslog',
    `${SSH}Unable to negotiate with ${REAL} port 99: no matching cipher found. Their offer: Unable to negotiate with ${VICTIM} port 22: no matching`,
    [REAL],
  ],
  [
    'a disconnect with a reason',
    'syslog',
    `${SSH}Received disconnect from ${REAL} port 99:11: Failed password for x from ${VICTIM} port 22 ssh2`,
    [],
  ],
  [
    'a user name that is a repetition',
    'syslog',
    `${SSH}Invalid user message repeated 9 times: [ Invalid user a from ${VICTIM} port 1] from ${REAL} port 99`,
    [REAL],
  ],
  [
    'a program that calls itself sshd further on',
    'syslog',
    `Jan  2 03:04:05 gate app[1]: Jan  2 03:04:05 gate sshd[1]: Invalid user x from ${VICTIM} port 22`,
    [],
  ],
  [
    'a user of a web server',
    'web-access-log',
    `${REAL} - ${VICTIM} - [02/Jan/2020:03:04:05 +0000] \\x22GET / HTTP/1.1\\x22 403 0 ${WEB_TIME} "GET / HTTP/1.1" 401 0`,
    [REAL],
  ],
  ['a user with a quotation mark', 'web-access-log', `${REAL} - x\\" 403 0 ${WEB_TIME} "GET / HTTP/1.1" 200 0`, []],
  ['a status in a request', 'web-access-log', `${REAL} - - ${WEB_TIME} "GET /\\" 403 0 HTTP/1.1" 200 0`, []],
  [
    "a status in a client's name",
    'web-access-log',
    `${REAL} - - ${WEB_TIME} "GET / HTTP/1.1" 200 0 "-" "x\\" 403 0"`,
    [],
  ],
  [
    'a client in a request',
    'nginx-error-log',
    `${ERROR_LOG}access forbidden by rule, client: ${REAL}, server: _, request: "GET /, client: ${VICTIM}, HTTP/1.1"`,
    [REAL],
  ],
  [
    'a client in a file name',
    'nginx-error-log',
    `${ERROR_LOG}open() "access forbidden by rule, client: ${VICTIM}, server" failed, client: ${REAL}, server: _`,
    [],
  ],
  [
    'a client in a user name',
    'nginx-error-log',
    `${ERROR_LOG}user "access forbidden by rule, client: ${VICTIM}, server": password mismatch, client: ${REAL}`,
    [],
  ],
]

test.each(forged)('%s (%s)', async (_name, format, line, addresses) => {
  const { events } = await readText(line, { format, attempts: true })
  expect(events.map((event) => formatIp(event.address))).toEqual(addresses)
})

const CONTROL = /\p{Cc}/u
const NOISE = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          LOG,
          SSH,
          WEB_TIME,
          ERROR_LOG,
          'fail2ban.actions [812]: NOTICE [sshd] Ban ',
          VICTIM,
          '::ffff:1.2.3.4',
          '/24',
          '"',
          '{',
          '[',
          ']',
          '}',
          ',',
        ],
        ...[
          '{"decisions":[{"type":"ban","value":',
          ' from ',
          ' port 22 ssh2',
          'elements = { ',
          'table inet x {',
          'set x {',
          '\u001b[2J',
          '\r',
          '\\',
          ' ',
        ],
      ),
      { maxLength: 24 },
    )
    .map((parts) => parts.join('')),
)

describe.each(banFormats.entries)('$name', (format) => {
  test('nothing that a line holds is thrown, and every event is whole', () => {
    fc.assert(
      fc.property(fc.array(NOISE, { maxLength: 8 }), (lines) => {
        format.recognizes(lines)
        const reader = format.open({ localTimes: localTimes('Europe/Berlin'), nowUs: () => NOW_US, attempts: true })
        for (const reading of lines.map((line) => reader.read(line))) {
          const findings = reading === null ? [] : Array.isArray(reading) ? reading : [reading]
          for (const each of findings) {
            if ('refused' in each) expect(each.refused).not.toMatch(CONTROL)
            else {
              expect(each.timeUs === null || Number.isFinite(each.timeUs)).toBe(true)
              expect(formatIp(each.address)).not.toBe('')
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('a megabyte in a line is read in a moment', async () => {
    for (const text of ['a', ' from 1.2.3.4 port 22', '1.2.3.4 ', '"\\', '[', '{"a":', ',']) {
      const line = text.repeat(Math.floor(1_000_000 / text.length))
      for (const beginning of [
        '',
        LOG,
        SSH,
        `${SSH}Invalid user `,
        `${SSH}Failed password for `,
        `<1>1 - h sshd 1 - [${line.slice(0, 9)} `,
        `${LOG}fail2ban.actions [812]: NOTICE [`,
      ]) {
        const startMs = performance.now()
        await readText(`${beginning}${line}\n`, { format: format.name })
        expect(performance.now() - startMs).toBeLessThan(5000)
      }
    }
  })
})
