/**
 * `--engine zmap`: the installed zmap sends and listens; targets, blocklist, results file, rows, filter and progress are
 * interplot's. What may be probed goes to zmap as an allowlist of prefixes, and each row that comes back is compared with it.
 * Before 4.0 zmap scans one port at a time: several are several runs, one after the other.
 */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { splitCsv } from '../../core/csv-record.ts'
import { fileError, InterplotError } from '../../core/errors.ts'
import { deriveWords } from '../../core/random.ts'
import type { LinkSpec } from '../../link/contract.ts'
import { takesSeveralPorts, type ZmapScan, zmapArguments } from '../../link/zmap-arguments.ts'
import type { ZmapDialect } from '../../link/zmap-dialect.ts'
import { parseZmapMetadata, parseZmapStatus, wantedFields, type ZmapLogLine } from '../../link/zmap-output.ts'
import { findZmap, startZmap, zmapFields } from '../../link/zmap-program.ts'
import type { ProbeModule } from '../../probe/modules/contract.ts'
import { probeModules } from '../../probe/modules/index.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import { toCidrs } from '../../targets/cidr-set.ts'
import type { EngineRun, ScanEngine } from './scan-engine.ts'
import { TICK_MS } from './scan-supervision.ts'
import { makeZmapIntake, type ZmapIntake } from './zmap-intake.ts'

/** Probe modules whose rows say the same from both programs. */
const MODULES: readonly string[] = ['icmp-echo', 'icmp-echo-time', 'tcp-syn', 'tcp-synack', 'udp']

const refuse = (message: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', message, { advice })
}

/** @throws InterplotError ERR_USAGE for a module that the engine does not have. */
const zmapName = ({ name, aliases = [] }: ProbeModule): string =>
  MODULES.includes(name)
    ? (aliases[0] ?? name)
    : refuse(`the zmap engine has no probe module ${name}`, `It has ${MODULES.join(', ')}; or leave --engine out.`)

/** @throws InterplotError ERR_USAGE for what zmap cannot do, whichever version it is. */
export const checkZmap = (module: ProbeModule, hasPairs: boolean): void => {
  zmapName(module)
  if (hasPairs) refuse('zmap cannot probe a list of pairs', 'Leave --engine out: interplot can.')
}

/** zmap takes a number. */
const seedNumber = (seed: string): number =>
  /^\d{1,9}$/.test(seed) ? Number(seed) : deriveWords(seed, 'zmap', 1)[0]! >>> 1

/** Runs one after the other: all ports at once, or one port a run. @throws InterplotError ERR_USAGE. */
const portsOfRuns = (dialect: ZmapDialect, { targets, limit, module }: ScanPlan): number[][] => {
  if (!probeModules.get(module).usesPorts) return [[]]
  const ports = [...targets.ports]
  if (ports.length === 1 || takesSeveralPorts(dialect)) return [ports]
  if (limit !== undefined) {
    refuse(
      `zmap ${dialect.version} scans one port at a time, which leaves --max-targets without meaning`,
      'Name one port.',
    )
  }
  return ports.map((port) => [port])
}

const gatewayOf = ({ details }: LinkSpec): string | null => {
  const { gatewayMac } = details
  return typeof gatewayMac === 'string' ? gatewayMac : null
}

interface Files {
  allowlistFile: string
  emptyFile: string
  statusFile: string
  metadataFile: string
}

/** zmap gives up root before it opens some of these: they are there already, for anybody who knows the folder's name. */
const FOLDER_MODE = 0o711
const FILE_MODE = 0o666

const prepareFiles = (folder: string, plan: ScanPlan): Files => {
  const files = {
    allowlistFile: join(folder, 'allowlist'),
    emptyFile: join(folder, 'empty'),
    statusFile: join(folder, 'status.csv'),
    metadataFile: join(folder, 'metadata.json'),
  }
  try {
    writeFileSync(files.allowlistFile, `${toCidrs(plan.targets.addresses).join('\n')}\n`)
    for (const file of [files.emptyFile, files.statusFile, files.metadataFile]) {
      writeFileSync(file, '')
      chmodSync(file, FILE_MODE)
    }
    chmodSync(folder, FOLDER_MODE)
  } catch (cause) {
    throw fileError('ERR_OUTPUT_FILE', folder, cause)
  }
  return files
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // zmap has not made it yet.
    return ''
  }
}

const scanOf = (
  plan: ScanPlan,
  spec: LinkSpec,
  cores: readonly number[],
): Omit<ZmapScan, keyof Files | 'ports' | 'fields'> => ({
  module: zmapName(probeModules.get(plan.module)),
  moduleArgs: plan.probeArgs,
  ratePps: Math.min(plan.ratePps, Number.MAX_SAFE_INTEGER),
  copies: plan.copies,
  cooldownUs: plan.cooldownUs,
  seed: seedNumber(plan.seed),
  shard: plan.shard,
  shards: plan.shards,
  ...(plan.limit === undefined || plan.limit >= plan.targets.targetCount ? {} : { limit: plan.limit }),
  ...(plan.retries === undefined ? {} : { retries: plan.retries }),
  ...(plan.batch === undefined ? {} : { batch: plan.batch }),
  senders: plan.senders,
  cores,
  probeTtl: plan.probeTtl,
  validatesPort: plan.validatesPort,
  sourceAddresses: plan.sourceAddresses,
  sourcePorts: plan.sourcePorts,
  interfaceName: spec.interfaceName,
  gatewayMac: gatewayOf(spec),
})

/** One zmap from beginning to end. */
const runOnce = async (scan: ZmapScan, dialect: ZmapDialect, intake: ZmapIntake, run: EngineRun): Promise<void> => {
  const { control, supervision, onNote } = run
  const onLog = ({ level, message }: ZmapLogLine): void => {
    if (level === 'WARN' || level === 'ERROR') onNote(`zmap: ${message}`)
  }
  const isEnding = (): boolean => control.sendingStopped() || control.receivingStopped()
  const zmap = await startZmap({ args: zmapArguments(dialect, scan), onLog, isEnding })
  let stopped = false
  const timer = setInterval(() => {
    const status = parseZmapStatus(textOf(scan.statusFile))
    if (status !== null) intake.status(status)
    supervision.tick(systemClock.nowUs())
    if (!isEnding() || stopped) return
    stopped = true
    zmap.stop()
  }, TICK_MS)
  try {
    let header = true
    for await (const lines of zmap.lines) {
      for (const { line } of lines) {
        const values = splitCsv(line) ?? []
        if (header) intake.begin(values, scan.ports.length === 1 ? scan.ports[0]! : 0)
        else await intake.row(values)
        header = false
      }
      await intake.flush()
    }
    await zmap.ended()
    const final = stopped ? null : parseZmapMetadata(textOf(scan.metadataFile))
    if (final !== null) intake.status({ ...final, sentPps: parseZmapStatus(textOf(scan.statusFile))?.sentPps ?? 0 })
  } finally {
    clearInterval(timer)
    if (!stopped) zmap.stop()
    await intake.flush()
    intake.end()
  }
}

/** @throws InterplotError when zmap is not there, is too old or too new, or cannot do what is asked for. */
export const zmapEngine = async (
  module: ProbeModule,
  spec: LinkSpec,
): Promise<{ engine: ScanEngine; version: string }> => {
  const name = zmapName(module)
  const dialect = await findZmap()
  const fields = wantedFields(await zmapFields(name))
  if (gatewayOf(spec) === '' && spec.details['sendPath'] === 'ip') {
    throw new InterplotError(
      'ERR_LINK_UNAVAILABLE',
      `zmap sends everything to a gateway, and ${spec.interfaceName} has none`,
      {
        advice: 'Name one with --gateway-mac, or leave --engine out.',
      },
    )
  }
  const engine: ScanEngine = {
    name: 'zmap',
    oneSender: null,
    isSteerable: false,
    canResume: false,
    isSimulation: false,
    async run(run) {
      const { plan, control } = run
      const runs = portsOfRuns(dialect, plan)
      const intake = makeZmapIntake(run)
      const folder = mkdtempSync(join(tmpdir(), 'interplot-zmap-'))
      try {
        for (const ports of runs) {
          if (control.sendingStopped() || control.receivingStopped()) break
          const leftUs = run.maxRuntimeUs === undefined ? undefined : run.maxRuntimeUs - control.sendingUs()
          if (leftUs !== undefined && leftUs <= 0) break
          const scan = { ...scanOf(plan, spec, run.cores), ...prepareFiles(folder, plan), ports, fields }
          await runOnce(leftUs === undefined ? scan : { ...scan, maxRuntimeUs: leftUs }, dialect, intake, run)
        }
        control.stopSending()
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
  return { engine, version: dialect.version }
}
