/**
 * `--output-filter`, compiled: which rows reach the outputs. Checked against the fields as zmap checks it (a string
 * fits a string field, a number an int or bool field, only numbers have an order). As in zmap, an int or bool that a
 * reply does not have counts as 0; a string that it does not have differs from every string.
 */

import {
  type FilterComparison,
  type FilterNode,
  type FilterOperator,
  filterError,
  parseFilter,
} from '../core/filter-syntax.ts'
import { REPLY_REPEAT, type ReplyBatch } from '../core/reply-batch.ts'
import type { ReplyContext, ReplyField } from '../core/reply-field.ts'

export type ReplyTest = (batch: ReplyBatch, row: number) => boolean

export interface ReplyFilter {
  readonly matches: ReplyTest
  /** False when no repeat can match, so that none need be handed on. */
  readonly wantsRepeats: boolean
}

/** What reaches the outputs unless told otherwise: zmap's default. */
export const DEFAULT_FILTER = 'success = 1 && repeat = 0'

/** Every reply, repeats with them. */
export const EVERY_REPLY: ReplyFilter = { matches: () => true, wantsRepeats: true }

const compareNumbers = (value: number, operator: FilterOperator, wanted: number): boolean => {
  switch (operator) {
    case '=':
      return value === wanted
    case '!=':
      return value !== wanted
    case '<':
      return value < wanted
    case '<=':
      return value <= wanted
    case '>':
      return value > wanted
    case '>=':
      return value >= wanted
  }
}

const numberTest = (
  field: ReplyField,
  { operator, valueAt, option }: FilterComparison,
  wanted: number,
  context: ReplyContext,
): ReplyTest => {
  if (field.type !== 'int' && field.type !== 'bool') {
    throw filterError(option, valueAt, `${field.name} is of type ${field.type} and never a number`)
  }
  const { flag } = field
  if (flag !== undefined) {
    const whenSet = compareNumbers(1, operator, wanted)
    const whenClear = compareNumbers(0, operator, wanted)
    return (batch, row) => ((batch.flags[row]! & flag) === 0 ? whenClear : whenSet)
  }
  return (batch, row) => compareNumbers(Number(field.get(batch, row, context) ?? 0), operator, wanted)
}

const stringTest = (
  field: ReplyField,
  { operator, valueAt, option }: FilterComparison,
  wanted: string,
  context: ReplyContext,
): ReplyTest => {
  if (field.type !== 'string')
    throw filterError(option, valueAt, `${field.name} is of type ${field.type} and never a string`)
  if (operator !== '=' && operator !== '!=') {
    throw filterError(option, valueAt, `strings have no order: ${field.name} takes = and != only`)
  }
  const wantsEqual = operator === '='
  const { goesBy } = field
  return (batch, row) => {
    const value = field.get(batch, row, context)
    return (value === wanted || (goesBy?.(batch, row, wanted) ?? false)) === wantsEqual
  }
}

/** Whether a repeat may match, whatever its other fields say. */
const mayMatchRepeats = (node: FilterNode, find: (node: FilterComparison) => ReplyField): boolean => {
  if (node.kind === 'comparison') {
    return find(node).flag !== REPLY_REPEAT || compareNumbers(1, node.operator, Number(node.value))
  }
  const left = mayMatchRepeats(node.left, find)
  const right = mayMatchRepeats(node.right, find)
  return node.kind === 'and' ? left && right : left || right
}

/**
 * @param fields what the rows have; a field's aliases are names, too.
 * @throws InterplotError ERR_USAGE that names the column, for what is no filter over these fields.
 */
export const compileReplyFilter = (
  text: string,
  fields: readonly ReplyField[],
  context: ReplyContext = {},
): ReplyFilter => {
  const byName = new Map(fields.flatMap((field) => [field.name, ...(field.aliases ?? [])].map((name) => [name, field])))
  const find = ({ field, fieldAt, option }: FilterComparison): ReplyField => {
    const found = byName.get(field)
    if (found !== undefined) return found
    const known = fields.map(({ name }) => name).join(', ')
    throw filterError(option, fieldAt, `there is no output field named "${field}"`, `Known: ${known}.`)
  }
  const compile = (node: FilterNode): ReplyTest => {
    if (node.kind === 'comparison') {
      const field = find(node)
      return typeof node.value === 'number'
        ? numberTest(field, node, node.value, context)
        : stringTest(field, node, node.value, context)
    }
    const left = compile(node.left)
    const right = compile(node.right)
    return node.kind === 'and'
      ? (batch, row) => left(batch, row) && right(batch, row)
      : (batch, row) => left(batch, row) || right(batch, row)
  }
  const root = parseFilter(text, { option: '--output-filter' })
  return { matches: compile(root), wantsRepeats: mayMatchRepeats(root, find) }
}
