/** Reads what the SVG backend wrote: a small check of well-formedness, and where paths go. */

/** Tags with their attributes and text between them; throws where the markup is not well-formed. */
export const readMarkup = (text: string): { name: string; attributes: Map<string, string> }[] => {
  const open: string[] = []
  const found: { name: string; attributes: Map<string, string> }[] = []
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '')
  let at = 0
  while (at < body.length) {
    const next = body.indexOf('<', at)
    const words = body.slice(at, next === -1 ? undefined : next)
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(words)) throw new Error(`a bare & in ${words}`)
    if (words.trim() !== '' && open.length === 0) throw new Error(`text outside of elements: ${words}`)
    if (next === -1) break
    const tag = /^<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/.exec(body.slice(next))
    if (tag === null) throw new Error(`no tag: ${body.slice(next, next + 60)}`)
    const [whole, closing, name, attributes, empty] = tag as unknown as [string, string, string, string, string]
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`)
    } else {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map((match) => [match[1]!, match[2]!] as const)
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`an attribute twice in ${whole}`)
      found.push({ name, attributes: new Map(pairs) })
      if (empty === '') open.push(name)
    }
    at = next + whole.length
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`)
  return found
}

const ARGUMENTS: Readonly<Record<string, number>> = { m: 2, l: 2, h: 1, v: 1, a: 7, z: 0 }

/** Every point that path data goes to, line by line (SVG 1.1, section 8.3, as far as it is used). */
export const pathPoints = (data: string): [number, number][][] => {
  const tokens = data.match(/[a-zA-Z]|-?(?:\d+\.\d*|\.\d+|\d+)/g) ?? []
  if (tokens.join('') !== data.replaceAll(' ', '')) throw new Error(`not path data: ${data.slice(0, 80)}`)
  const lines: [number, number][][] = []
  let [x, y, i, letter] = [0, 0, 0, '']
  while (i < tokens.length) {
    if (/[a-zA-Z]/.test(tokens[i]!)) {
      letter = tokens[i]!
      i += 1
    }
    const kind = letter.toLowerCase()
    const count = ARGUMENTS[kind]
    if (count === undefined) throw new Error(`no command: ${letter}`)
    const values = tokens.slice(i, i + count).map(Number)
    i += count
    if (values.length !== count || values.some(Number.isNaN)) throw new Error(`${letter} lacks numbers`)
    if (kind === 'z') {
      ;[x, y] = lines.at(-1)![0]!
      continue
    }
    const [dx, dy] = kind === 'h' ? [values[0]!, 0] : kind === 'v' ? [0, values[0]!] : [values.at(-2)!, values.at(-1)!]
    ;[x, y] = letter === 'M' ? [dx, dy] : [x + dx, y + dy]
    if (kind === 'm') lines.push([[x, y]])
    else lines.at(-1)!.push([x, y])
    if (letter === 'M') letter = 'L'
    if (letter === 'm') letter = 'l'
  }
  return lines
}
