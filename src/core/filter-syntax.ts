/**
 * The language of filters over rows, which is that of zmap's `--output-filter`: comparisons of a field with a number
 * (= != < <= > >=) or a string (= !=), joined by && (binds tighter) and ||, with parentheses. A string stands bare where it
 * looks like a name, as in zmap, or in quotes, which zmap does not have. Where rows hold coordinates, numbers may have a sign
 * and decimals, which zmap's have not.
 *
 *   expression  = conjunction { "||" conjunction }
 *   conjunction = primary { "&&" primary }
 *   primary     = "(" expression ")" | field operator value
 */

import { InterplotError } from './errors.ts'

export type FilterOperator = '=' | '!=' | '<' | '<=' | '>' | '>='

export interface FilterComparison {
  kind: 'comparison'
  field: string
  operator: FilterOperator
  value: string | number
  /** Where field and value begin in the text, from 0. */
  fieldAt: number
  valueAt: number
  /** The option that it was given to, for messages. */
  option: string
}

export type FilterNode = FilterComparison | { kind: 'and' | 'or'; left: FilterNode; right: FilterNode }

export interface FilterDialect {
  /** The option whose value the text is, for messages: `--output-filter`. */
  option: string
  /** Numbers may be like -0.5, too. */
  signedDecimals?: boolean
}

interface Token {
  kind: 'name' | 'number' | 'string' | 'operator' | 'and' | 'or' | '(' | ')' | 'end'
  text: string
  at: number
}

/** More than anybody writes, and few enough for the stack. */
const MAX_DEPTH = 100
const MAX_COMPARISONS = 1000

const tokenPattern = (number: string): RegExp =>
  new RegExp(
    `[ \\t\\r\\n]+|(?<number>${number})(?![\\w.])|(?<name>[A-Za-z][\\w-]*)|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<operator>!=|<=|>=|=|<|>)|(?<joint>&&|\\|\\||[()])`,
    'y',
  )
const TOKEN = tokenPattern('\\d+')
const SIGNED_TOKEN = tokenPattern('-?\\d+(?:\\.\\d+)?')

/** Whoever reads the message counts columns from 1. */
export const filterError = (option: string, at: number, what: string, advice?: string): InterplotError =>
  new InterplotError('ERR_USAGE', `${option}, column ${at + 1}: ${what}`, {
    advice: advice ?? 'It reads like: success = 1 && (classification = synack || ttl < 64)',
  })

const JOINTS = { '&&': 'and', '||': 'or', '(': '(', ')': ')' } as const

const tokensOf = (text: string, { option, signedDecimals = false }: FilterDialect): Token[] => {
  const pattern = signedDecimals ? SIGNED_TOKEN : TOKEN
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) throw filterError(option, at, `"${text.slice(at, at + 12)}" is not understood`)
    const { number, name, double, single, operator, joint } = match.groups ?? {}
    const quoted = double ?? single
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at })
    else if (quoted !== undefined) tokens.push({ kind: 'string', text: quoted, at })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at })
    else if (joint !== undefined) tokens.push({ kind: JOINTS[joint as keyof typeof JOINTS], text: joint, at })
    at += match[0].length
  }
  tokens.push({ kind: 'end', text: 'the end', at })
  return tokens
}

/** @throws InterplotError ERR_USAGE that names the column. */
export const parseFilter = (text: string, dialect: FilterDialect): FilterNode => {
  const tokens = tokensOf(text, dialect)
  const { option } = dialect
  let next = 0
  let depth = 0
  let comparisons = 0
  const take = (kind: Token['kind'], wanted: string): Token => {
    const token = tokens[next]!
    if (token.kind !== kind) {
      const found = token.kind === 'end' ? 'the end' : `"${token.text}"`
      throw filterError(option, token.at, `${wanted} is wanted here, not ${found}`)
    }
    next += 1
    return token
  }
  const comparison = (): FilterNode => {
    const field = take('name', 'a field or (')
    comparisons += 1
    if (comparisons > MAX_COMPARISONS) throw filterError(option, field.at, `more than ${MAX_COMPARISONS} comparisons`)
    const operator = take('operator', 'one of = != < <= > >=').text as FilterOperator
    const token = tokens[next]!
    if (token.kind === 'number') {
      next += 1
      const value = Number(token.text)
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
        throw filterError(option, token.at, `${token.text} is too large a number`)
      return { kind: 'comparison', field: field.text, operator, value, fieldAt: field.at, valueAt: token.at, option }
    }
    const value = token.kind === 'string' ? take('string', 'a value') : take('name', 'a number or a string')
    const at = { fieldAt: field.at, valueAt: value.at }
    return { kind: 'comparison', field: field.text, operator, value: value.text, ...at, option }
  }
  const primary = (): FilterNode => {
    const open = tokens[next]!
    if (open.kind !== '(') return comparison()
    depth += 1
    if (depth > MAX_DEPTH) throw filterError(option, open.at, `more than ${MAX_DEPTH} parentheses in each other`)
    next += 1
    const inner = expression()
    take(')', '&&, || or )')
    depth -= 1
    return inner
  }
  const joined = (kind: 'and' | 'or', operand: () => FilterNode): FilterNode => {
    let left = operand()
    while (tokens[next]!.kind === kind) {
      next += 1
      left = { kind, left, right: operand() }
    }
    return left
  }
  const conjunction = (): FilterNode => joined('and', primary)
  const expression = (): FilterNode => joined('or', conjunction)
  const root = expression()
  take('end', '&& or ||')
  return root
}
