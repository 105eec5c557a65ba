/**
 * CrowdSec's JSON: `cscli decisions list -o json` (alerts with their decisions), the local API's `/v1/decisions` (decisions), and
 * `/v1/decisions/stream` (`new` and `deleted` ones).
 */

import type { BanContext, BanFinding, BanFormat, LineReading } from './contract.ts'
import { readDecision } from './crowdsec-decision.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'
import { type JsonValue, jsonValues } from './json-values.ts'

const decisionOf = (value: JsonObject, alert?: JsonObject) => ({
  ...{ type: value['type'], scope: value['scope'], value: value['value'], scenario: value['scenario'] },
  ...{ duration: value['duration'], until: value['until'] },
  createdAt: alert?.['created_at'] ?? value['created_at'],
  failures: alert?.['events_count'],
})

const append = (findings: BanFinding[], reading: LineReading): void => {
  if (Array.isArray(reading)) findings.push(...(reading as readonly BanFinding[]))
  else if (reading !== null) findings.push(reading as BanFinding)
}

const readValue = (found: JsonValue | null, context: BanContext, findings: BanFinding[]): void => {
  if (found === null) {
    findings.push({ refused: 'not a JSON object' })
    return
  }
  const { value, list } = found
  const decisions = value['decisions']
  if (!Array.isArray(decisions)) {
    // An alert that led to nothing has none, or null.
    if (!('decisions' in value))
      append(findings, readDecision(decisionOf(value), context, list === 'deleted' ? 'unban' : 'ban'))
    return
  }
  for (const each of decisions) {
    append(
      findings,
      isJsonObject(each) ? readDecision(decisionOf(each, value), context) : { refused: 'not a decision' },
    )
  }
}

/** No decisions at all. */
const EMPTY = /^(?:null|\[\s*\])\s*$/
/** How a decision or an alert begins; the outermost list may stand in a line of its own. */
const LOOKS = /"(?:decisions|scenario|origin|scope)"\s*:/

export const crowdsecJson: BanFormat = {
  name: 'crowdsec-json',
  aliases: ['crowdsec'],
  help: 'cscli decisions list -o json, and the decisions of the local API',
  takesParts: true,
  recognizes(lines) {
    const beginning = lines.join('\n').trimStart()
    if (EMPTY.test(beginning)) return true
    return /^(?:\[|\{\s*"(?:new|deleted)"\s*:)/.test(beginning) && LOOKS.test(beginning)
  },
  open(context) {
    const values = jsonValues()
    return {
      read(line) {
        const findings: BanFinding[] = []
        for (const found of values(line)) readValue(found, context, findings)
        return findings.length === 0 ? null : findings
      },
    }
  },
}
