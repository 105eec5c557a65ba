/**
 * Two namespaces with no route out, joined by a veth pair: "near" sends, "far" records or answers. Made by hand rather than
 * through the lab, because these tests must reach the far end's settings.
 */

import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeNamespace, type Namespace, runScript } from '../../src/lab/namespace-process.ts'
import { LOADER } from './kernel-lab.ts'

const SOURCE = '10.77.0.1'
const GATEWAY = '10.77.0.2'
export const NETWORK = '10.64.0.0/12'

export interface WirePair {
  /** What goes before a command to run it at an end. */
  enter(end: 'near' | 'far'): string[]
  /**
   * Runs one of our TypeScript files at an end. @param prefix is put before the command (to drop privileges).
   * @returns what it printed. @throws Error when it fails.
   */
  run(end: 'near' | 'far', file: string, args: readonly string[], prefix?: readonly string[]): string
  /** The same, with a command. */
  command(end: 'near' | 'far', command: readonly string[]): { code: number | null; output: string; errors: string }
  /** Starts one of our TypeScript files at an end; resolves when it says that it is ready. */
  start(end: 'near' | 'far', file: string, args: readonly string[]): Promise<Beside>
  script(end: 'near' | 'far', text: string): Promise<void>
  /** Records the IP packets that arrive at the far end while `work` runs. */
  record(work: () => void): Promise<Uint8Array[]>
  /** The far end's driver drops all that arrives while `work` runs. */
  sink(work: () => void): Promise<void>
  stop(): Promise<void>
}

const fileOf = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url))

const nearScript = (far: Namespace): string => `
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
ip link add near0 address 02:00:00:00:00:0a type veth peer name far0 address 02:00:00:00:00:0b netns ${far.pid}
ip link set lo up
ip addr add ${SOURCE}/24 dev near0
ip link set near0 up
ip neigh replace ${GATEWAY} lladdr 02:00:00:00:00:0b dev near0 nud permanent`

const FAR_SCRIPT = `
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
ip link set lo up
ip addr add ${GATEWAY}/24 dev far0
ip link set far0 up
ip neigh replace ${SOURCE} lladdr 02:00:00:00:00:0a dev far0 nud permanent`

const unpack = (data: Buffer): Uint8Array[] => {
  const packets: Uint8Array[] = []
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt16LE(at)
    packets.push(data.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return packets
}

/** One of our files that runs beside the test. */
export interface Beside {
  /** Wakes whoever reads its standard input. */
  nudge(): void
  /** Ends its standard input. @returns what it printed; complete when it has ended. */
  finish(): Promise<Buffer>
}

const startBeside = async (enter: readonly string[], file: string, fileArgs: readonly string[]): Promise<Beside> => {
  const [command, ...args] = [...enter, process.execPath, '--import', LOADER, fileOf(file), ...fileArgs]
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  let said = ''
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('ready')) resolve()
    })
    child.once('close', () => reject(new Error(`${file} does not start: ${said}`)))
  })
  return {
    nudge: () => void child.stdin.write('\n'),
    async finish() {
      child.stdin.end()
      if ((await ended) !== 0) throw new Error(`${file} failed: ${said}`)
      return Buffer.concat(chunks)
    },
  }
}

/** @param receiveOffload whether the far end has GRO on: what a veth needs to take frames from XDP. */
export const startWirePair = async ({ receiveOffload }: { receiveOffload: boolean }): Promise<WirePair> => {
  const ends = { near: await makeNamespace('plain'), far: await makeNamespace('plain') }
  const enter = (end: 'near' | 'far'): string[] => ['nsenter', `--net=/proc/${ends[end].pid}/ns/net`, '--']
  const command: WirePair['command'] = (end, words) => {
    const [program, ...args] = [...enter(end), ...words]
    const { status, stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', timeout: 100_000 })
    return { code: status, output: stdout, errors: stderr }
  }
  const run: WirePair['run'] = (end, file, args, prefix = []) => {
    const { code, output, errors } = command(end, [
      ...prefix,
      process.execPath,
      '--import',
      LOADER,
      fileOf(file),
      ...args,
    ])
    if (code !== 0) throw new Error(`${file} ended with ${code}: ${errors}`)
    return output
  }
  await runScript(ends.near, nearScript(ends.far))
  await runScript(ends.far, FAR_SCRIPT)
  await runScript(ends.near, `ip route add ${NETWORK} via ${GATEWAY} dev near0`)
  if (receiveOffload) run('far', 'receive-offload.ts', ['far0', 'on'])
  return {
    enter,
    command,
    run,
    start: (end, file, args) => startBeside(enter(end), file, args),
    script: (end, text) => runScript(ends[end], text),
    async record(work) {
      const recorder = await startBeside(enter('far'), 'packet-recorder.ts', ['far0'])
      work()
      return unpack(await recorder.finish())
    },
    async sink(work) {
      const sink = await startBeside(enter('far'), 'xdp-sink.ts', ['far0'])
      work()
      await sink.finish()
    },
    async stop() {
      await ends.near.end()
      await ends.far.end()
    },
  }
}
