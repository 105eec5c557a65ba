/** What each format makes of its program's words. */

import { describe, expect, test } from 'vitest'
import { banFormats } from '../../../src/sources/bans/index.ts'
import { readText } from './read-text.ts'

interface Row {
  name: string
  format: string
  lines: string[]
  said: string[]
  refused?: number
  attempts?: boolean
  timeZone?: string
}

const F2B = '2026-01-02 03:04:05,678 fail2ban.actions        [812]: NOTICE  '
const AT = 'at 2026-01-02T03:04:05.678Z'
const SSH = 'Jan  2 03:04:05 gate sshd[99]: '
const SSH_AT = 'at 2026-01-02T03:04:05Z on gate'
const DAY = 86_400
const END = (seconds: number): string =>
  `until ${new Date(Date.UTC(2026, 2, 10, 12) + seconds * 1000).toISOString().replace('.000Z', 'Z')}`

const rows: Row[] = [
  {
    name: 'fail2ban.log, all that is a ban',
    format: 'fail2ban-log',
    lines: [
      `${F2B}[sshd] Ban 192.0.2.1`,
      `${F2B}[sshd] Unban 192.0.2.1`,
      `${F2B}[sshd] Restore Ban 192.0.2.1`,
      `${F2B}[sshd] 192.0.2.1 already banned`,
      `${F2B}[sshd] Reban 192.0.2.1`,
      '2026-01-02 03:04:05,678 fail2ban.observer       [812]: NOTICE  [sshd] Increase Ban 192.0.2.1 (2 # 20m -> 2026-01-02 03:24:05)',
      '2026-01-02 03:04:05,678 fail2ban.observer       [812]: NOTICE  [sshd] Increase Ban 192.0.2.1 (9 # permanent -> infinite)',
      '2026-01-02 03:04:05,678 fail2ban.filter         [812]: INFO    [sshd] Found 192.0.2.1 - 2026-01-02 03:04:05',
    ],
    said: [
      `ban sshd 192.0.2.1 ${AT}`,
      `unban sshd 192.0.2.1 ${AT}`,
      `ban sshd 192.0.2.1 ${AT} restored`,
      `ban sshd 192.0.2.1 ${AT} until 2026-01-02T03:24:05Z increased`,
      `ban sshd 192.0.2.1 ${AT} for ever increased`,
    ],
  },
  {
    name: 'addresses, networks and jails of every kind',
    format: 'fail2ban-log',
    lines: [
      `${F2B}[nginx-http-auth] Ban 2001:db8::1`,
      `${F2B}[my[odd]jail] Ban ::ffff:192.0.2.7`,
      `${F2B}[subnets] Ban 198.51.100.0/24`,
      `${F2B}[subnets] Ban 2001:db8:1::/48`,
      `${F2B}[subnets] Ban 192.0.2.1/32`,
      `${F2B}[accounts] Ban root`,
    ],
    said: [
      `ban nginx-http-auth 2001:db8::1 ${AT}`,
      `ban my[odd]jail 192.0.2.7 ${AT}`,
      `ban subnets 198.51.100.0/24 ${AT}`,
      `ban subnets 2001:db8:1::/48 ${AT}`,
      `ban subnets 192.0.2.1 ${AT}`,
    ],
    refused: 1,
  },
  {
    name: 'attempts when they are asked for',
    format: 'fail2ban-log',
    attempts: true,
    lines: [
      '2026-01-02 03:04:05,678 fail2ban.filter         [812]: INFO    [sshd] Found 192.0.2.1 - 2026-01-02 03:04:05',
      '2016-01-02 03:04:05,678 fail2ban.filter         [812]: INFO    [sshd] Found 192.0.2.2',
      '2026-01-02 03:04:05,678 fail2ban.observer       [812]: INFO    [sshd] Found 192.0.2.1, bad - 2026-01-02 03:04:05, 1 # -> 2.0',
    ],
    said: [`attempt sshd 192.0.2.1 ${AT}`, 'attempt sshd 192.0.2.2 at 2016-01-02T03:04:05.678Z'],
  },
  {
    name: 'version 0.8, and one without padding',
    format: 'fail2ban-log',
    lines: [
      '2013-01-02 03:04:05,678 fail2ban.actions: WARNING [ssh] Ban 192.0.2.1',
      '2026-01-02 03:04:05,678 fail2ban.actions[812]: NOTICE [ssh] Ban 192.0.2.2\r',
    ],
    said: ['ban ssh 192.0.2.1 at 2013-01-02T03:04:05.678Z', `ban ssh 192.0.2.2 ${AT}`],
  },
  {
    name: 'local times',
    format: 'fail2ban-log',
    timeZone: 'Europe/Berlin',
    lines: [
      '2026-01-02 03:04:05,678 fail2ban.actions [812]: NOTICE [a] Ban 192.0.2.1',
      '2026-07-02 03:04:05,678 fail2ban.actions [812]: NOTICE [a] Ban 192.0.2.1',
    ],
    said: ['ban a 192.0.2.1 at 2026-01-02T02:04:05.678Z', 'ban a 192.0.2.1 at 2026-07-02T01:04:05.678Z'],
  },
  {
    name: 'fail2ban through system logs',
    format: 'syslog',
    lines: [
      'Jan  2 03:04:05 gate fail2ban.actions[812]: NOTICE [sshd] Ban 192.0.2.1',
      'Jan  2 03:04:05 gate fail2ban.actions        [812]: NOTICE  [sshd] Unban 192.0.2.1',
      'Jan 02 03:04:05 gate fail2ban[812]: [sshd] Ban 192.0.2.2',
      'Jan 02 03:04:05 gate fail2ban-server[812]: 2026-01-02 03:04:05,678 fail2ban.actions [812]: NOTICE [sshd] Ban 192.0.2.3',
      '2026-01-02T03:04:05.678901+01:00 gate fail2ban.actions[812]: NOTICE [sshd] Ban 192.0.2.4',
      '<29>1 2026-01-02T03:04:05Z gate fail2ban.actions 812 - - NOTICE [sshd] Ban 192.0.2.5',
      'Jan  2 03:04:05 gate fail2ban.filter[812]: INFO [sshd] Ban 192.0.2.6',
    ],
    said: [
      'ban sshd 192.0.2.1 at 2026-01-02T03:04:05Z on gate',
      'unban sshd 192.0.2.1 at 2026-01-02T03:04:05Z on gate',
      'ban sshd 192.0.2.2 at 2026-01-02T03:04:05Z on gate',
      `ban sshd 192.0.2.3 ${AT} on gate`,
      'ban sshd 192.0.2.4 at 2026-01-02T02:04:05.678Z on gate',
      'ban sshd 192.0.2.5 at 2026-01-02T03:04:05Z on gate',
    ],
  },
  {
    name: 'sshd, every way of not getting in',
    format: 'syslog',
    lines: [
      `${SSH}Failed password for root from 192.0.2.1 port 4711 ssh2`,
      `${SSH}Failed password for invalid user admin from 192.0.2.2 port 4711 ssh2`,
      `${SSH}Invalid user admin from 192.0.2.3 port 4711`,
      `${SSH}Invalid user  from 192.0.2.4 port 4711`,
      `${SSH}Connection closed by authenticating user root 192.0.2.5 port 4711 [preauth]`,
      `${SSH}Connection reset by invalid user x 2001:db8::5 port 4711 [preauth]`,
      `${SSH}Connection closed by 192.0.2.6 port 4711 [preauth]`,
      `${SSH}Disconnected from authenticating user root 192.0.2.7 port 4711 [preauth]`,
      `${SSH}error: maximum authentication attempts exceeded for invalid user x from 192.0.2.8 port 4711 ssh2 [preauth]`,
      `${SSH}Disconnecting authenticating user root 192.0.2.9 port 4711: Too many authentication failures [preauth]`,
      `${SSH}banner exchange: Connection from 192.0.2.10 port 4711: invalid format`,
      `${SSH}Unable to negotiate with 192.0.2.11 port 4711: no matching key exchange method found. Their offer: a,b [preauth]`,
      `${SSH}Did not receive identification string from 192.0.2.12 port 4711`,
      `${SSH}User root from 192.0.2.13 not allowed because not listed in AllowUsers`,
      'Jan  2 03:04:05 gate sshd-session[99]: Failed password for root from 192.0.2.14 port 4711 ssh2',
      `${SSH}message repeated 3 times: [ Failed password for root from 192.0.2.15 port 4711 ssh2]`,
      `${SSH}Failed publickey for invalid user x from 192.0.2.16 port 4711 ssh2: RSA SHA256:abc`,
      `${SSH}Failed publickey for root from 192.0.2.17 port 4711 ssh2: RSA SHA256:abc`,
      `${SSH}Accepted password for root from 192.0.2.18 port 4711 ssh2`,
      `${SSH}Connection closed by 192.0.2.19 port 4711`,
      `${SSH}Disconnected from user root 192.0.2.20 port 4711`,
      'Jan  2 03:04:05 gate cron[99]: Failed password for root from 192.0.2.21 port 4711 ssh2',
      `${SSH}Failed password for root from gate.example port 4711 ssh2`,
    ],
    said: [
      ...[1, 2, 3, 4, 5].map((n) => `attempt sshd 192.0.2.${n} ${SSH_AT}`),
      `attempt sshd 2001:db8::5 ${SSH_AT}`,
      ...[6, 7, 8, 9, 10, 11, 12, 13, 14].map((n) => `attempt sshd 192.0.2.${n} ${SSH_AT}`),
      'attempt sshd 192.0.2.15 at 2026-01-02T03:04:05Z after 3 on gate',
      `attempt sshd 192.0.2.16 ${SSH_AT}`,
    ],
    refused: 1,
  },
  {
    name: 'sshd, one connection: as many attempts as passwords that failed, and at least one',
    format: 'syslog',
    lines: [
      'Jan  2 03:04:05 gate sshd[1]: Invalid user x from 192.0.2.1 port 4711',
      'Jan  2 03:04:05 gate sshd[1]: Failed none for invalid user x from 192.0.2.1 port 4711 ssh2',
      'Jan  2 03:04:05 gate sshd[1]: Failed password for invalid user x from 192.0.2.1 port 4711 ssh2',
      'Jan  2 03:04:05 gate sshd[1]: Connection closed by invalid user x 192.0.2.1 port 4711 [preauth]',
      'Jan  2 03:04:05 gate sshd[2]: Failed password for root from 192.0.2.2 port 4711 ssh2',
      'Jan  2 03:04:05 gate sshd[2]: message repeated 2 times: [ Failed password for root from 192.0.2.2 port 4711 ssh2]',
      'Jan  2 03:04:05 gate sshd[2]: error: maximum authentication attempts exceeded for root from 192.0.2.2 port 4711 ssh2 [preauth]',
      'Jan  2 03:04:05 gate sshd[2]: Disconnecting authenticating user root 192.0.2.2 port 4711: Too many authentication failures [preauth]',
      // The same client by the same process, from another port, and much later from the same one.
      'Jan  2 03:04:05 gate sshd[3]: Connection closed by 192.0.2.3 port 1 [preauth]',
      'Jan  2 03:04:05 gate sshd[3]: Connection closed by 192.0.2.3 port 2 [preauth]',
      'Jan  2 03:24:05 gate sshd[3]: Connection closed by 192.0.2.3 port 2 [preauth]',
      // Without a port, and without a process.
      'Jan  2 03:04:05 gate sshd[4]: User root from 192.0.2.4 not allowed because not listed in AllowUsers',
      'Jan  2 03:04:05 gate sshd[4]: Failed password for invalid user root from 192.0.2.4 port 9 ssh2',
      'Jan  2 03:04:05 gate sshd: Invalid user x from 192.0.2.5 port 9',
      'Jan  2 03:04:05 gate sshd: Failed password for invalid user x from 192.0.2.5 port 9 ssh2',
      'Jan  2 03:04:05 gate sshd: Invalid user x from 192.0.2.6',
      'Jan  2 03:04:05 gate sshd: Invalid user x from 192.0.2.6',
      '<38>1 2026-01-02T03:04:05Z gate sshd 7 - - Invalid user x from 192.0.2.7 port 9',
      '2026-01-02T03:04:05Z gate sshd[7]: Failed password for invalid user x from 192.0.2.7 port 9 ssh2',
    ],
    said: [
      `attempt sshd 192.0.2.1 ${SSH_AT}`,
      `attempt sshd 192.0.2.2 ${SSH_AT}`,
      'attempt sshd 192.0.2.2 at 2026-01-02T03:04:05Z after 2 on gate',
      `attempt sshd 192.0.2.3 ${SSH_AT}`,
      `attempt sshd 192.0.2.3 ${SSH_AT}`,
      'attempt sshd 192.0.2.3 at 2026-01-02T03:24:05Z on gate',
      ...[4, 5, 6, 6, 7].map((n) => `attempt sshd 192.0.2.${n} ${SSH_AT}`),
    ],
  },
  {
    name: 'the year that is not said',
    format: 'syslog',
    lines: [
      'Dec 31 23:59:59 gate sshd[9]: Invalid user a from 192.0.2.1 port 1',
      'Jan  1 00:00:00 gate sshd[8]: Invalid user a from 192.0.2.1 port 1',
      'Mar 11 09:00:00 gate sshd[9]: Invalid user a from 192.0.2.1 port 1',
      'Mar 12 09:00:00 gate sshd[9]: Invalid user a from 192.0.2.1 port 1',
      'Feb 29 09:00:00 gate sshd[9]: Invalid user a from 192.0.2.1 port 1',
      'Feb 31 09:00:00 gate sshd[9]: Invalid user a from 192.0.2.1 port 1',
    ],
    said: [
      '2025-12-31T23:59:59',
      '2026-01-01T00:00:00',
      '2026-03-11T09:00:00',
      '2025-03-12T09:00:00',
      '2024-02-29T09:00:00',
    ]
      .map((time) => `attempt sshd 192.0.2.1 at ${time}Z on gate`)
      .concat('attempt sshd 192.0.2.1 at ? on gate'),
  },
  {
    name: 'the journal as JSON',
    format: 'journal-json',
    lines: [
      { MESSAGE: 'Invalid user a from 192.0.2.1 port 1', SYSLOG_IDENTIFIER: 'sshd', _HOSTNAME: 'gate' },
      { MESSAGE: '[sshd] Ban 192.0.2.2', SYSLOG_IDENTIFIER: 'fail2ban', LOGGER: 'fail2ban.actions' },
      { MESSAGE: '[sshd] Ban 192.0.2.3', SYSLOG_IDENTIFIER: 'fail2ban', LOGGER: 'fail2ban.filter' },
      { MESSAGE: 'NOTICE [sshd] Ban 192.0.2.4', SYSLOG_IDENTIFIER: 'fail2ban.actions' },
      { MESSAGE: [...Buffer.from('Invalid user \u001b[31m from 192.0.2.5 port 1')], SYSLOG_IDENTIFIER: 'sshd-session' },
      { MESSAGE: 'Invalid user a from 192.0.2.6 port 1', SYSLOG_IDENTIFIER: 'cron' },
      { MESSAGE: null, SYSLOG_IDENTIFIER: 'sshd' },
    ]
      .map((entry) => JSON.stringify({ ...entry, __REALTIME_TIMESTAMP: '1767323045678901' }))
      .concat('{"MESSAGE": "cut'),
    said: [
      'attempt sshd 192.0.2.1 at 2026-01-02T03:04:05.678Z on gate',
      'ban sshd 192.0.2.2 at 2026-01-02T03:04:05.678Z',
      'ban sshd 192.0.2.4 at 2026-01-02T03:04:05.678Z',
      'attempt sshd 192.0.2.5 at 2026-01-02T03:04:05.678Z',
    ],
    refused: 1,
  },
  {
    name: 'access logs',
    format: 'web-access-log',
    lines: [
      '192.0.2.1 - - [02/Jan/2026:03:04:05 +0100] "GET / HTTP/1.1" 200 5 "-" "x"',
      '192.0.2.2 - bob [02/Jan/2026:03:04:05 +0100] "GET /admin HTTP/1.1" 401 5',
      'shop.example:443 192.0.2.3 - - [02/Jan/2026:03:04:05 -0130] "GET / HTTP/1.1" 403 5 "-" "x"',
      '2001:db8::4 - - [02/Jan/2026:03:04:05 +0000] "\\x16\\x03" 444 0 "-" "-"',
      '192.0.2.5 - - [02/Jan/2026:03:04:05 +0000] "" 429 0',
      '192.0.2.6 - - [02/Jan/2026:03:04:05 +0000] "GET /a\\"b HTTP/1.1" 403 0',
      '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /wp-login.php HTTP/1.1" 404 0',
      'host.example - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 403 0',
    ],
    said: [
      'attempt web 192.0.2.2 at 2026-01-02T02:04:05Z',
      'attempt web 192.0.2.3 at 2026-01-02T04:34:05Z',
      'attempt web 2001:db8::4 at 2026-01-02T03:04:05Z',
      'attempt web 192.0.2.5 at 2026-01-02T03:04:05Z',
      'attempt web 192.0.2.6 at 2026-01-02T03:04:05Z',
    ],
    refused: 1,
  },
  {
    name: "nginx' error.log",
    format: 'nginx-error-log',
    lines: [
      '2026/01/02 03:04:05 [error] 12#12: *45 access forbidden by rule, client: 192.0.2.1, server: _, request: "GET / HTTP/1.1", host: "x"',
      '2026/01/02 03:04:05 [warn] 12#12: *45 limiting requests, excess: 20.500 by zone "one", client: 2001:db8::2, server: _',
      '2026/01/02 03:04:05 [error] 12#12: *45 limiting connections by zone "addr", client: 192.0.2.3, server: _',
      '2026/01/02 03:04:05 [error] 12#12: *45 open() "/x, client: 192.0.2.9, " failed, client: 192.0.2.4, server: _',
    ],
    said: ['192.0.2.1', '2001:db8::2', '192.0.2.3'].map((each) => `attempt nginx ${each} at 2026-01-02T03:04:05Z`),
  },
  {
    name: 'CrowdSec as CSV',
    format: 'crowdsec-csv',
    lines: [
      'id,source,ip,reason,action,country,as,events_count,expiration,simulated,alert_id',
      '1,crowdsec,Ip:192.0.2.1,crowdsecurity/ssh-bf,ban,CN,"4134 Example, ""Inc""",6,3h59m45.5s,false,1',
      '2,cscli,Range:198.51.100.0/24,manual,ban,,,0,24h,false,2',
      '3,crowdsec,Ip:2001:db8::3,crowdsecurity/http-probing,ban,,,11,-5m,false,3',
      '4,crowdsec,Ip:192.0.2.4,crowdsecurity/http-probing,captcha,,,11,1h,false,4',
      '5,crowdsec,Username:root,manual,ban,,,1,1h,false,5',
      '6',
    ],
    said: [
      `ban crowdsecurity/ssh-bf 192.0.2.1 at ? until 2026-03-10T15:59:45.500Z after 6`,
      `ban manual 198.51.100.0/24 at ? ${END(DAY)}`,
      `ban crowdsecurity/http-probing 2001:db8::3 at ? ${END(-300)} after 11`,
    ],
    refused: 2,
  },
  {
    name: "CrowdSec's alerts as JSON",
    format: 'crowdsec-json',
    lines: JSON.stringify(
      [
        {
          created_at: '2026-03-10T10:00:00Z',
          events_count: 6,
          scenario: 'crowdsecurity/ssh-bf',
          decisions: [
            {
              duration: '2h',
              id: 1,
              origin: 'crowdsec',
              scenario: 'crowdsecurity/ssh-bf',
              scope: 'Ip',
              type: 'ban',
              value: '192.0.2.1',
            },
            { duration: '2h', scenario: 's', scope: 'AS', type: 'ban', value: '64496' },
          ],
        },
        { created_at: '2026-03-10T10:00:00Z', scenario: 'nothing', decisions: null },
      ],
      null,
      1,
    ).split('\n'),
    said: [`ban crowdsecurity/ssh-bf 192.0.2.1 at 2026-03-10T10:00:00Z ${END(7200)} after 6`],
    refused: 1,
  },
  {
    name: "the local API's stream of decisions",
    format: 'crowdsec-json',
    lines: [
      '{"deleted":[{"duration":"-1s","scenario":"a{\\"b]","scope":"Ip","type":"ban","value":"192.0.2.9"}],"new":[{"duration":"1h","scenario":"s","scope":"Range","type":"ban","value":"2001:db8::/32"}]}',
    ],
    said: ['unban a{"b] 192.0.2.9 at ?', `ban s 2001:db8::/32 at ? ${END(3600)}`],
  },
  {
    name: 'plain lists and DROP',
    format: 'address-list',
    lines: [
      '# evil',
      '192.0.2.1',
      ' 198.51.100.7/24 ; SBL1',
      '2001:db8::/32 # net',
      '; note',
      '',
      'not-an-address',
      '192.0.2.300',
    ],
    said: ['ban - 192.0.2.1 at ?', 'ban - 198.51.100.0/24 at ?', 'ban - 2001:db8::/32 at ?'],
    refused: 2,
  },
  {
    name: 'DROP as JSON lines',
    format: 'address-list',
    lines: ['{"cidr":"198.51.100.0/24","sblid":"SBL1","rir":"x"}', '{"type":"metadata","timestamp":1}'],
    said: ['ban - 198.51.100.0/24 at ?'],
  },
  {
    name: 'ipset save',
    format: 'address-list',
    lines: [
      'create f2b-sshd hash:ip family inet hashsize 1024 maxelem 65536 timeout 600',
      'add f2b-sshd 192.0.2.1 timeout 300',
      'add f2b-sshd 192.0.2.2 timeout 0',
      'add nets 198.51.100.0/24',
    ],
    said: [`ban f2b-sshd 192.0.2.1 at ? ${END(300)}`, 'ban f2b-sshd 192.0.2.2 at ?', 'ban nets 198.51.100.0/24 at ?'],
  },
  {
    name: 'nft list ruleset',
    format: 'address-list',
    lines: [
      'table inet f2b-table {',
      '\tset addr-set-sshd {',
      '\t\ttype ipv4_addr',
      '\t\tflags interval,timeout',
      '\t\telements = { 192.0.2.1, 192.0.2.2 timeout 1h expires 59m30s500ms,',
      '\t\t\t     198.51.100.0/24 }',
      '\t}',
      '\tchain f2b-chain {',
      '\t\tip saddr 203.0.113.9 drop',
      '\t}',
      '}',
    ],
    said: [
      'ban addr-set-sshd 192.0.2.1 at ?',
      'ban addr-set-sshd 192.0.2.2 at ? until 2026-03-10T12:59:30.500Z',
      'ban addr-set-sshd 198.51.100.0/24 at ?',
    ],
  },
  {
    name: 'fail2ban-client status JAIL',
    format: 'fail2ban-client',
    lines: [
      'Status for the jail: sshd',
      '|- Filter',
      '|  |- Currently failed:\t2',
      '|  |- Total failed:\t18',
      '|  `- File list:\t/var/log/auth.log',
      '`- Actions',
      '   |- Currently banned:\t2',
      '   |- Total banned:\t2',
      '   `- Banned IP list:\t192.0.2.1 2001:db8::2',
    ],
    said: ['ban sshd 192.0.2.1 at ?', 'ban sshd 2001:db8::2 at ?'],
  },
  {
    name: 'fail2ban-client banned',
    format: 'fail2ban-client',
    lines: [`[{'sshd': ['192.0.2.1', '2001:db8::2']}, {"o'dd": ['nobody']}, {'empty': []}]`],
    said: ['ban sshd 192.0.2.1 at ?', 'ban sshd 2001:db8::2 at ?'],
    refused: 1,
  },
  {
    name: 'fail2ban-client get JAIL banip --with-time',
    format: 'fail2ban-client',
    timeZone: '+01:00',
    lines: [
      '192.0.2.1 \t2026-01-02 03:04:05 + 600 = 2026-01-02 03:14:05',
      '192.0.2.2 \t2026-01-02 03:04:05 + -1 = 9999-12-31 23:59:59',
    ],
    said: [
      'ban - 192.0.2.1 at 2026-01-02T02:04:05Z until 2026-01-02T02:14:05Z',
      'ban - 192.0.2.2 at 2026-01-02T02:04:05Z for ever',
    ],
  },
  {
    name: 'bans across the hour that comes twice',
    format: 'fail2ban-client',
    timeZone: 'Europe/Berlin',
    lines: [
      '192.0.2.1 \t2026-10-25 02:30:00 + 3600 = 2026-10-25 03:30:00',
      '192.0.2.2 \t2026-10-25 02:30:00 + 7200 = 2026-10-25 03:30:00',
      '192.0.2.3 \t2026-10-25 01:30:00 + 5400 = 2026-10-25 02:00:00',
    ],
    said: [
      'ban - 192.0.2.1 at 2026-10-25T01:30:00Z until 2026-10-25T02:30:00Z',
      'ban - 192.0.2.2 at 2026-10-25T00:30:00Z until 2026-10-25T02:30:00Z',
      'ban - 192.0.2.3 at 2026-10-24T23:30:00Z until 2026-10-25T01:00:00Z',
    ],
  },
  {
    name: 'pasted text',
    format: 'pasted-text',
    lines: ['these: 192.0.2.1,192.0.2.2;(2001:db8::3) "198.51.100.0/24".', '', '300.1.1.1'],
    said: ['192.0.2.1', '192.0.2.2', '2001:db8::3', '198.51.100.0/24'].map((each) => `ban - ${each} at ?`),
    refused: 2,
  },
]

test('each format has a row here', () => {
  expect(new Set(rows.map((row) => row.format))).toEqual(new Set(banFormats.entries.map((each) => each.name)))
})

describe.each(rows)('$format: $name', ({ format, lines, said, refused = 0, attempts, timeZone }) => {
  const options = { ...(attempts === undefined ? {} : { attempts }), ...(timeZone === undefined ? {} : { timeZone }) }
  test.each([100_000, 7])('in chunks of %d bytes', async (size) => {
    const read = await readText(lines.join('\n'), options, size)
    expect(read.said).toEqual(said)
    expect(read.counts).toMatchObject({ format, refused, events: said.length, lines: lines.length })
  })
})
