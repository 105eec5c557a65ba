/** `cscli decisions list -o raw`: CSV with a line of names, `id,source,ip,reason,action,country,as,events_count,expiration,…`; `ip` is `Ip:192.0.2.1` or `Range:192.0.2.0/24`. */

import type { BanContext, BanFormat, BanLines, LineReading } from './contract.ts'
import { readDecision } from './crowdsec-decision.ts'

/** One line of CSV (RFC 4180) without line ends inside. */
const cellsOf = (line: string): string[] => {
  const cells: string[] = []
  for (let at = 0; at <= line.length; ) {
    if (line.charCodeAt(at) !== 34) {
      const comma = line.indexOf(',', at)
      const end = comma < 0 ? line.length : comma
      cells.push(line.slice(at, end))
      at = end + 1
      continue
    }
    let cell = ''
    at += 1
    for (;;) {
      const quote = line.indexOf('"', at)
      if (quote < 0) return [...cells, cell + line.slice(at)]
      cell += line.slice(at, quote)
      at = quote + 1
      if (line.charCodeAt(at) !== 34) break
      cell += '"'
      at += 1
    }
    cells.push(cell)
    const comma = line.indexOf(',', at)
    at = comma < 0 ? line.length + 1 : comma + 1
  }
  return cells
}

const NEEDED = ['ip', 'reason', 'action']

const isHeader = (line: string): boolean => {
  const names = line.length < 1000 ? line.split(',') : []
  return NEEDED.every((name) => names.includes(name))
}

const read = (line: string, columns: ReadonlyMap<string, number>, context: BanContext): LineReading => {
  const cells = cellsOf(line)
  const cell = (name: string): string | undefined => cells[columns.get(name) ?? -1]
  const target = cell('ip')
  if (target === undefined) return { refused: 'too few columns' }
  const colon = /^[A-Za-z]+:/.exec(target)?.[0].length ?? 0
  // An IPv6 address may begin with letters and a colon, a scope that is no IP address's is longer than its first group.
  const hasScope = colon > 5 || /^(?:ip|as|user):/i.test(target)
  return readDecision(
    {
      ...{
        type: cell('action'),
        scenario: cell('reason'),
        duration: cell('expiration'),
        failures: cell('events_count'),
      },
      scope: hasScope ? target.slice(0, colon - 1) : undefined,
      value: hasScope ? target.slice(colon) : target,
    },
    context,
  )
}

const open = (context: BanContext): BanLines => {
  let columns: ReadonlyMap<string, number> | undefined
  return {
    read(line) {
      if (line.trim() === '') return null
      if (columns === undefined || isHeader(line)) {
        if (!isHeader(line)) return { refused: 'a row before the line with the names of columns' }
        columns = new Map(line.split(',').map((name, i) => [name.trim(), i]))
        return null
      }
      return read(line, columns, context)
    },
  }
}

export const crowdsecCsv: BanFormat = {
  name: 'crowdsec-csv',
  help: 'cscli decisions list -o raw',
  recognizes: (lines) => lines.some(isHeader),
  open,
}
