// Where the npm package `kerberos` is installed: an optional peer, since it is compiled when it is
// installed. Looked for from kbench's own place, then from the working directory, as kbench may lie
// in a cache of npx. Called by kerberos-login.
import { createRequire } from 'node:module';
import path from 'node:path';
import { AbsentError } from '../../broker-errors.js';

export const PACKAGE = 'kerberos';

/** The package's main file. Throws AbsentError. */
export function findKerberosPackage(): string {
  for (const from of [import.meta.url, path.join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(PACKAGE);
    } catch {
      // the next place
    }
  }
  throw new AbsentError(
    'sasl.mechanism',
    `sasl.mechanism GSSAPI (Kerberos) needs the npm package ${PACKAGE}, which is not installed; ` +
      `run \`npm install ${PACKAGE}\` here, or beside kbench`,
  );
}
