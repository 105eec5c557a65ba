/** All formats of bans. The first that recognizes an input reads it: the particular before the general. */

import { makeRegistry } from '../../core/registry.ts'
import { addressList } from './address-list.ts'
import type { BanFormat } from './contract.ts'
import { crowdsecCsv } from './crowdsec-csv.ts'
import { crowdsecJson } from './crowdsec-json.ts'
import { fail2banLog } from './fail2ban-log.ts'
import { fail2banWords } from './fail2ban-words.ts'
import { journalJson } from './journal-json.ts'
import { nginxErrorLog } from './nginx-error-log.ts'
import { pastedText } from './pasted-text.ts'
import { syslog } from './syslog.ts'
import { webAccessLog } from './web-access-log.ts'

export const banFormats = makeRegistry<BanFormat>('format of bans', [
  fail2banLog,
  syslog,
  journalJson,
  webAccessLog,
  nginxErrorLog,
  crowdsecCsv,
  crowdsecJson,
  fail2banWords,
  addressList,
  pastedText,
])

/** @param atEnd whether the input has no other lines, or enough were looked at. */
export const recognizedFormat = (lines: readonly string[], atEnd: boolean): BanFormat | null =>
  banFormats.entries.find((format) => (atEnd || format.lastResort !== true) && format.recognizes(lines)) ?? null
