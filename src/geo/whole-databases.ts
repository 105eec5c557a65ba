/** All networks of the databases that a person names or has installed, first precedence first. */

import type { ProgressSink } from '../core/progress.ts'
import { databaseFromFile } from './database.ts'
import { openInstalled } from './installed-databases.ts'
import type { WholeSource } from './place-source.ts'

export interface WholeDatabase {
  name: string
  source: WholeSource
}

/**
 * Those that hold IPv4 addresses, flattened now if they were not before.
 * @param files in place of the installed ones.
 * @param progress for each database that has to be flattened.
 * @throws InterplotError ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_INPUT_FILE
 */
export const wholeDatabases = (
  files: readonly string[] | undefined,
  progress: (name: string) => ProgressSink,
  dataFolder?: string,
): WholeDatabase[] =>
  (files?.map(databaseFromFile) ?? openInstalled(dataFolder)).flatMap((database) => {
    const source = database.wholeSource(4, progress(database.name))
    return source === null ? [] : [{ name: database.name, source }]
  })
