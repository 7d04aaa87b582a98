// Files of other versions: migrated step by step where there are steps, refused by name otherwise.
import { describe, expect, it } from 'vitest';
import { ReadTrouble } from './read-trouble.js';
import { MIGRATIONS, upToDate, type Migration } from './schema-version.js';

function refusal(json: unknown, current: string, migrations = MIGRATIONS): ReadTrouble {
  try {
    upToDate(json, current, migrations);
  } catch (error) {
    if (error instanceof ReadTrouble) return error;
    throw error;
  }
  throw new Error('was read');
}

describe('upToDate', () => {
  const steps: Record<string, Record<number, Migration>> = {
    'kbench/run': {
      1: ({ rate, ...rest }) => ({ ...rest, perSecond: rate }),
      2: (json) => ({ ...json, perMinute: Number(json['perSecond']) * 60 }),
    },
  };

  it('leaves the current version as it is', () => {
    const json = { schema: 'kbench/run@1', x: 1 };
    expect(upToDate(json, 'kbench/run@1')).toBe(json);
  });

  it('takes an older one through every step to the current version', () => {
    const old = { schema: 'kbench/run@1', rate: 2 };
    expect(upToDate(old, 'kbench/run@3', steps)).toEqual({
      schema: 'kbench/run@3',
      perSecond: 2,
      perMinute: 120,
    });
    expect(old).toEqual({ schema: 'kbench/run@1', rate: 2 });
  });

  it('refuses a newer one and says what to do', () => {
    const trouble = refusal({ schema: 'kbench/run@7' }, 'kbench/run@1');
    expect(trouble.kind).toBe('version');
    expect(trouble.message).toBe('has the schema kbench/run@7, and this kbench reads kbench/run@1');
    expect(trouble.remedy).toBe('It was written by a newer kbench: update kbench.');
  });

  it('refuses an older one that no step starts from', () => {
    const trouble = refusal({ schema: 'kbench/run@0' }, 'kbench/run@3', steps);
    expect(trouble.message).toContain('kbench/run@0');
    expect(trouble.remedy).toContain('older than any that this kbench can read');
  });

  it.each([
    [{ schema: 'kbench/plan@1' }, 'its schema is kbench/plan@1'],
    [{ schema: 'kbench/run@1.5' }, 'its schema is kbench/run@1.5'],
    [{ schema: 'kbench/run@-1' }, 'its schema is kbench/run@-1'],
    [{ schema: 'kbench/run@\u001b[31m9' }, 'its schema is kbench/run@9'],
    [{ schema: 5 }, 'it names no schema'],
    [[1], 'it names no schema'],
    [null, 'it names no schema'],
  ])('refuses %j as foreign', (json, message) => {
    const trouble = refusal(json, 'kbench/run@1');
    expect(trouble.kind).toBe('foreign');
    expect(trouble.message).toContain(message);
  });
});
