/** CSV as RFC 4180 has it, one record a line. */

/** The fields of one CSV record (RFC 4180), or of one with another separator; null when a quote is not closed. */
export const splitCsv = (line: string, separator = ','): string[] | null => {
  if (!line.includes('"')) return line.split(separator)
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (line[at] === '"') {
      let field = ''
      let close = line.indexOf('"', at + 1)
      let from = at + 1
      while (close >= 0 && line[close + 1] === '"') {
        field += line.slice(from, close + 1)
        from = close + 2
        close = line.indexOf('"', from)
      }
      if (close < 0) return null
      fields.push(field + line.slice(from, close))
      at = close + 1
    } else {
      const comma = line.indexOf(separator, at)
      const end = comma < 0 ? line.length : comma
      fields.push(line.slice(at, end))
      at = end
    }
    if (at >= line.length) return fields
    if (line[at] !== separator) return null
    at += 1
  }
}
