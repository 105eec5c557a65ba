/** The looks that a map can have. */

import { makeRegistry } from '../../core/registry.ts'
import type { MapStyle } from './contract.ts'
import { dark } from './dark.ts'

export const styles = makeRegistry<MapStyle>('style', [dark])
