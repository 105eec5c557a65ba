/**
 * A filter (core/filter-syntax.ts) over the columns of a table. As in a results file, what a row does not have is unequal to
 * everything, and neither less nor more than anything.
 */

import { type FilterNode, filterError } from '../../../core/filter-syntax.ts'
import { formatIp, parseIp } from '../../../core/ip.ts'
import { cellNumber, isMissing } from './cell-values.ts'
import type { TableRow } from './table-columns.ts'

type RowTest = (row: TableRow) => boolean

type Comparison = Extract<FilterNode, { kind: 'comparison' }>

const ORDERS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
}

const numberTest = (field: string, operator: string, wanted: number): RowTest => {
  const found = (row: TableRow): number => cellNumber(row.column(field)) ?? Number.NaN
  const order = ORDERS[operator]
  if (order !== undefined) return (row) => order(found(row), wanted)
  return operator === '=' ? (row) => found(row) === wanted : (row) => found(row) !== wanted
}

/** An IPv6 address has many spellings. */
const canonical = (text: string): string => {
  const address = text.includes(':') ? parseIp(text) : null
  return address === null ? text : formatIp(address)
}

const textTest = ({ field, operator, option, valueAt }: Comparison, wanted: string): RowTest => {
  if (operator !== '=' && operator !== '!=') {
    throw filterError(option, valueAt, `texts have no order: ${field} takes = and != with a text`)
  }
  const text = canonical(wanted)
  const isEqual = (row: TableRow): boolean => {
    const value = row.column(field)
    return !isMissing(value) && canonical(String(value)) === text
  }
  return operator === '=' ? isEqual : (row) => !isEqual(row)
}

/** @throws InterplotError ERR_USAGE that names the column of the text. */
export const compileRowFilter = (node: FilterNode): RowTest => {
  if (node.kind === 'comparison') {
    const { field, operator, value } = node
    return typeof value === 'number' ? numberTest(field, operator, value) : textTest(node, value)
  }
  const [left, right] = [compileRowFilter(node.left), compileRowFilter(node.right)]
  return node.kind === 'and' ? (row) => left(row) && right(row) : (row) => left(row) || right(row)
}

const comparisonsOf = (node: FilterNode): Comparison[] =>
  node.kind === 'comparison' ? [node] : [...comparisonsOf(node.left), ...comparisonsOf(node.right)]

/** @throws InterplotError ERR_USAGE for a column that the table does not have. */
export const checkFilterColumns = (
  node: FilterNode,
  columns: readonly string[],
  hasColumn: (name: string) => boolean,
): void => {
  const unknown = comparisonsOf(node).find(({ field }) => !hasColumn(field))
  if (unknown === undefined) return
  const { option, fieldAt, field } = unknown
  throw filterError(option, fieldAt, `there is no column named "${field}"`, `Known: ${columns.join(', ')}.`)
}
