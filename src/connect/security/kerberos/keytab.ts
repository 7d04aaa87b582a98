// Whose keys a keytab holds (MIT's format, version 2): so that a principal that is not in it is
// told as such. Called by kerberos-login. Reads past the keys.
import { readRegularFile, UnreadableFile } from '../secrets/read-regular-file.js';

const VERSION = 0x0502;

/** Principals with their realm, each once. Throws UnreadableFile. */
export async function keytabPrincipals(file: string): Promise<readonly string[]> {
  const bytes = await readRegularFile(file);
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== VERSION)
    throw new UnreadableFile('is no keytab');
  const principals = new Set<string>();
  try {
    for (let at = 2; at + 4 <= bytes.length;) {
      const length = bytes.readInt32BE(at);
      at += 4;
      // A negative length is a hole where an entry was; 0 the end.
      if (length > 0) principals.add(principalAt(bytes.subarray(at, at + length)));
      if (length === 0) break;
      at += Math.abs(length);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableFile('is a broken keytab');
    throw error;
  }
  return [...principals];
}

function principalAt(entry: Buffer): string {
  let at = 0;
  const text = () => {
    const length = entry.readUInt16BE(at);
    const from = at + 2;
    at = from + length;
    if (at > entry.length) throw new RangeError('beyond the end');
    return entry.toString('utf8', from, at);
  };
  const components = entry.readUInt16BE(0);
  at = 2;
  const realm = text();
  return `${Array.from({ length: components }, text).join('/')}@${realm}`;
}

/**
 * Whether a principal is among them; without a realm of its own it is of the default realm, which
 * krb5.conf knows.
 */
export function hasPrincipal(principals: readonly string[], wanted: string): boolean {
  return principals.some(
    (each) => each === wanted || each.slice(0, each.lastIndexOf('@')) === wanted,
  );
}
