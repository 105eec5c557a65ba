/**
 * Has an interface drop all that arrives in its driver, until the standard input ends: the cheapest sink there is, as a wire
 * would be. The attachment ends with this process. With "pass" as second argument the program lets everything through.
 */

import { loadProgram } from '../../src/link/bpf-syscall.ts'
import { ebpfAssembler } from '../../src/link/ebpf-assembler.ts'
import { XDP_DROP } from '../../src/link/generator-program.ts'
import { errnoText, libc } from '../../src/link/libc.ts'
import { listInterfaces } from '../../src/link/network-tables.ts'

const SYS_BPF = process.arch === 'arm64' ? 280 : 321
const BPF_LINK_CREATE = 28
const BPF_XDP = 37

const XDP_PASS = 2

const [name = '', verdict = 'drop'] = process.argv.slice(2)
const asm = ebpfAssembler()
asm.alu32('move', 'r0', verdict === 'pass' ? XDP_PASS : XDP_DROP)
asm.exit()
const attributes = new Uint32Array(16)
attributes[0] = loadProgram(asm.assemble(0))
attributes[1] = listInterfaces().find((each) => each.name === name)!.index
attributes[2] = BPF_XDP
if (libc().syscall(SYS_BPF, BPF_LINK_CREATE, attributes, attributes.byteLength) < 0) {
  throw new Error(`no XDP program can be attached to ${name}: ${errnoText(libc().errno())}`)
}
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => process.exit(0))
process.stderr.write('ready\n')
