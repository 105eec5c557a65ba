/**
 * A filter (core/filter-syntax.ts) as a condition in SQL over the columns of the view `results`. What a row does not have is
 * unequal to everything, and neither less nor more than anything. Values are bound, never written into the text.
 */

import { ZMAP_WORDS } from '../core/classification-words.ts'
import { type FilterComparison, type FilterNode, filterError } from '../core/filter-syntax.ts'
import { parseIp } from '../core/ip.ts'
import { CLASSIFICATIONS, type Classification } from '../core/reply-batch.ts'
import { addressValue } from './address-value.ts'
import { type JoinedTable, RESULT_COLUMNS, resultColumn } from './result-columns.ts'

export interface SqlCondition {
  sql: string
  parameters: (string | number | Uint8Array)[]
  needs: Set<JoinedTable>
}

const words: Partial<Record<Classification, string>> = ZMAP_WORDS

/** Classifications by all their names. */
const CLASSIFICATION_IDS = new Map<string, number>(
  CLASSIFICATIONS.flatMap((name, id) => [name, words[name] ?? name].map((word) => [word, id] as const)),
)

const ADDRESS_COLUMNS: Readonly<Record<string, string>> = {
  saddr: 'o.address',
  target: 'coalesce(o.target, o.address)',
}

/** What a text column is compared with, and the expression that goes with it. */
const textOperand = (node: FilterComparison, wanted: string, sql: string): [string, string | number | Uint8Array] => {
  const { field, option, valueAt } = node
  if (field === 'classification') {
    const id = CLASSIFICATION_IDS.get(wanted)
    if (id !== undefined) return ['o.classification', id]
    throw filterError(
      option,
      valueAt,
      `there is no classification "${wanted}"`,
      `Known: ${CLASSIFICATIONS.join(', ')}.`,
    )
  }
  const addressSql = ADDRESS_COLUMNS[field]
  if (addressSql === undefined) return [sql, wanted]
  const address = parseIp(wanted)
  if (address === null)
    throw filterError(option, valueAt, `"${wanted}" is no address`, 'Write it in quotes: "192.0.2.1".')
  return [addressSql, addressValue(address)]
}

const compileComparison = (node: FilterComparison): SqlCondition => {
  const { field, operator, value, option, fieldAt, valueAt } = node
  const column = resultColumn(field)
  if (column === undefined) {
    throw filterError(option, fieldAt, `there is no field named "${field}"`, `Known: ${RESULT_COLUMNS.join(', ')}.`)
  }
  const equality = operator === '=' ? 'IS' : 'IS NOT'
  if (typeof value === 'number') {
    if (column.type !== 'number') {
      throw filterError(option, valueAt, `${field} is a text and never a number`, `Write it in quotes: "${value}".`)
    }
    const sqlOperator = operator === '=' || operator === '!=' ? equality : operator
    return { sql: `${column.sql} ${sqlOperator} ?`, parameters: [value], needs: new Set(column.needs) }
  }
  if (column.type !== 'text') throw filterError(option, valueAt, `${field} is a number and never a text`)
  if (operator !== '=' && operator !== '!=') {
    throw filterError(option, valueAt, `texts have no order: ${field} takes = and != only`)
  }
  const [sql, parameter] = textOperand(node, value, column.sql)
  const needs = sql === column.sql ? column.needs : []
  return { sql: `${sql} ${equality} ?`, parameters: [parameter], needs: new Set(needs) }
}

/** The operands of a chain of the same kind: a && b && c. */
const operandsOf = (node: FilterNode, kind: 'and' | 'or'): FilterNode[] =>
  node.kind === kind ? [...operandsOf(node.left, kind), ...operandsOf(node.right, kind)] : [node]

/** In halves, because SQLite allows an expression 1000 levels only. */
const joined = (conditions: readonly SqlCondition[], word: 'AND' | 'OR'): SqlCondition => {
  if (conditions.length === 1) return conditions[0]!
  const middle = conditions.length >> 1
  const left = joined(conditions.slice(0, middle), word)
  const right = joined(conditions.slice(middle), word)
  return {
    sql: `(${left.sql} ${word} ${right.sql})`,
    parameters: [...left.parameters, ...right.parameters],
    needs: new Set([...left.needs, ...right.needs]),
  }
}

/** @throws InterplotError ERR_USAGE that names the column, for what is no filter over these fields. */
export const compileResultFilter = (node: FilterNode): SqlCondition => {
  if (node.kind === 'comparison') return compileComparison(node)
  return joined(operandsOf(node, node.kind).map(compileResultFilter), node.kind === 'and' ? 'AND' : 'OR')
}
