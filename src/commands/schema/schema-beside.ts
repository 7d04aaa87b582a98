// kbench.schema.json beside a sweep, where its first line looks for it. Called by `kbench init`;
// writes over nothing but what kbench wrote itself.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../../base/files/durable-file.js';
import { SCHEMA_FILE, SCHEMA_MARK, schemaText } from '../../plan/schema/sweep-schema.js';

/** What became of it, in words for the user; null: it is there and as it should be. */
export async function writeSchemaBeside(sweep: string): Promise<string | null> {
  const file = path.join(path.dirname(sweep), SCHEMA_FILE);
  const text = schemaText();
  const before = await readFile(file, 'utf8').catch(() => null);
  if (before === text) return null;
  if (before !== null && !before.slice(0, 500).includes(`"${SCHEMA_MARK} `)) {
    return `${file} is not kbench's, and was left; kbench schema prints what editors complete by`;
  }
  try {
    await writeWhole(file, text);
    return `${file} is there for editors: they complete keys and mark mistakes by it`;
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return `${file} could not be written (${code}); kbench schema prints it`;
  }
}
