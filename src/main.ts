/** Builds the command tree; the only place where errors become exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */

import { Command, CommanderError } from 'commander'
import { defineCommands } from './commands/index.ts'
import { fileError, InterplotError, systemErrorCode } from './core/errors.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Commander says `error: unknown option '--x'`, sometimes with a suggestion on a second line. */
const usageLine = (error: CommanderError, program: Command, argv: readonly string[]): string => {
  const [what = '', suggestion] = error.message
    .replace(/^error: /, '')
    .replace(/[.]+$/, '')
    .split('\n')
  const advice = suggestion === undefined ? '' : ` ${suggestion.replace(/^\((.*)\)$/, '$1')}`
  let help = program.name()
  let named: Command = program
  for (const word of argv.slice(2)) {
    const found = named.commands.find((command) => command.name() === word)
    if (found === undefined) break
    named = found
    help += ` ${word}`
  }
  return `ERR_USAGE: ${what}.${advice} See: ${help} --help`
}

const report = (error: unknown, program: Command, argv: readonly string[]): number => {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    if (error.code !== 'commander.help') process.stderr.write(`${usageLine(error, program, argv)}\n`)
    return EXIT_USAGE
  }
  if (argv.includes('--debug'))
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  if (error instanceof InterplotError) {
    process.stderr.write(`${error.toLine()}\n`)
    return error.exitCode
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(
    `ERR_INTERNAL: ${message}. This is a fault of interplot: run again with --debug and report it.\n`,
  )
  return EXIT_FAILED
}

/**
 * A reader that goes away (`| head`) is no failure, and nothing is left to tell it; without listeners it would end the
 * process in the middle of its work. Anything else that befalls standard output (a full disk) is kept for the end.
 */
const watchStandardStreams = (): { failure: () => InterplotError | null } => {
  let failure: InterplotError | null = null
  process.stdout.on('error', (cause) => {
    if (systemErrorCode(cause) !== 'EPIPE') failure ??= fileError('ERR_OUTPUT_FILE', 'standard output', cause)
  })
  process.stderr.on('error', () => undefined)
  return { failure: () => failure }
}

/** Until what was written to standard output has left, or failed to. */
const standardOutputWritten = (): Promise<void> =>
  new Promise((resolve) => {
    if (process.stdout.destroyed || process.stdout.writableEnded) resolve()
    else process.stdout.write('', () => resolve())
  })

/** @param argv as Node.js gives it. @returns the exit code. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const program = new Command('interplot')
  const outcome = { exitCode: 0 }
  program.exitOverride().configureOutput({ outputError: () => undefined })
  defineCommands(program, outcome)
  const streams = watchStandardStreams()
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    outcome.exitCode = report(error, program, argv)
  }
  await standardOutputWritten()
  const failure = streams.failure()
  return failure === null || outcome.exitCode !== 0 ? outcome.exitCode : report(failure, program, argv)
}
