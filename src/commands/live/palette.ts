/** Colours of live views: of middle lightness, so that they can be read on dark and on light terminals. */

import type { Style } from './screen.ts'

export const TITLE: Style = { bold: true }
export const HEADING: Style = { dim: true }
export const FAINT: Style = { dim: true }
export const PLAIN: Style = {}
export const STRONG: Style = { bold: true }
export const KEY: Style = { bold: true, ink: 0x2a9fbf }
export const GOOD: Style = { ink: 0x3a9d4f }
export const FAIR: Style = { ink: 0xb8860b }
export const BAD: Style = { ink: 0xd0453b }
export const TAG: Style = { ink: 0x8f6bc9 }
export const NETWORK: Style = { ink: 0x2a8fb5 }
export const NOTICE: Style = { bold: true, ink: 0xb8860b }
