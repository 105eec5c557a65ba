/**
 * Runs inside a namespace of the lab: one mass trace of the built program with the options given as JSON (its thread needs
 * compiled files). Prints its exit code, or its coded error.
 */

import type { MassTraceOptions } from '../../src/commands/trace/mass-options.ts'
import type * as Stage from '../../src/commands/trace/mass-trace-stage.ts'

const built = new URL('../../dist/src/commands/trace/mass-trace-stage.js', import.meta.url)
const { massTrace } = (await import(built.href)) as typeof Stage

try {
  const code = await massTrace(JSON.parse(process.argv[2]!) as MassTraceOptions)
  process.stdout.write(`\n${JSON.stringify({ code })}\n`)
} catch (error) {
  process.stdout.write(`\n${JSON.stringify({ line: String(error) })}\n`)
}
