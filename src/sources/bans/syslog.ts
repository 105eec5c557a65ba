/** System logs (auth.log, secure, messages, syslog, `journalctl`): what sshd and fail2ban say in them. */

import type { BanFormat } from './contract.ts'
import { localTimes } from './local-times.ts'
import { isGuard, logEntryReader } from './log-entry.ts'
import { parseSyslogLine } from './syslog-line.ts'

/** The shape of a line does not hang on the zone. */
const shape = { localTimes: localTimes('UTC'), nowUs: () => 0, attempts: false }

export const syslog: BanFormat = {
  name: 'syslog',
  aliases: ['sshd', 'auth-log'],
  help: 'auth.log, secure, syslog, journalctl: failed logins of sshd, bans of fail2ban',
  recognizes: (lines) => lines.some((line) => parseSyslogLine(line, shape, () => false) !== null),
  open(context) {
    const readEntry = logEntryReader(context)
    return {
      read(line) {
        const found = parseSyslogLine(line, context, isGuard)
        return found === null ? null : readEntry(found)
      },
    }
  },
}
