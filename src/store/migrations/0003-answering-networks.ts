/**
 *   answering_networks   networks where everything answers, by run: hits in them say nothing. `asked` random ports were
 *                        probed at addresses of the /24, `answered` of them with success
 */

export const answeringNetworks = {
  version: 3,
  name: 'answering networks',
  sql: `
CREATE TABLE answering_networks (
  run INTEGER NOT NULL REFERENCES runs (id),
  network INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  PRIMARY KEY (run, network)
) WITHOUT ROWID;
`,
} as const
