// Keeps the map of DESIGN.md true: which layer may import which, no cycles, hot files without what
// costs per record, and nothing of one machine or one network in the sources. Lint has the columns
// and the lines of a function.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assignmentsToOthers, completedLater } from './testing/source/source-fields.js';
import { describe, expect, it } from 'vitest';
import {
  coldConstructs,
  fileWrites,
  importCycles,
  parse,
  readSources,
} from './testing/source/source-tree.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readSources(root, 'src');
const benches = existsSync(path.join(root, 'bench')) ? readSources(root, 'bench') : [];
const sources = files.filter((file) => !isTest(file.path));
const core = sources.filter((file) => layerOf(file.path) === 'producer-core');

/** From the top down: an import only ever points down this list, or stays in its layer. */
const LAYERS = [
  ...['main', 'commands', 'session', 'plan', 'agents', 'targets', 'workloads', 'report'],
  ...['producer-core', 'reader', 'connect', 'wire', 'contract', 'base'],
];
/** What speaks Kafka: it stands on these floors and on base alone. */
const LIBRARY = ['producer-core', 'reader', 'connect', 'wire'];

/**
 * Where other floors enter what speaks Kafka. A floor has several doors where one would load what
 * half of those who enter never need.
 */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'producer-core': ['index.ts', 'settings.ts', 'harness.ts', 'parts.ts'],
  reader: ['index.ts'],
  connect: [
    ...['index.ts', 'connecting.ts', 'cold.ts'],
    ...['handshake.ts', 'security/index.ts', 'security/security.ts'],
  ],
  wire: [
    ...['index.ts', 'error-codes.ts', 'api-keys.ts'],
    ...['apis/index.ts', 'apis/all.ts', 'codecs/index.ts'],
  ],
};
/** Single parts of the producer: nothing that ships enters here. */
const FOR_TESTS = 'src/producer-core/parts.ts';

const HOT_FILES = [
  ...['accumulator', 'batch-life', 'format/record-batch', 'memory/buffer-pool'].map(
    (name) => `src/producer-core/batching/${name}.ts`,
  ),
  'src/producer-core/sending/produce-request.ts',
  'src/wire/varint.ts',
  ...['generator', 'counter-random'].map((name) => `src/workloads/load/${name}.ts`),
  ...['zipf', 'indexed-keys', 'key-writer'].map((name) => `src/workloads/keys/${name}.ts`),
  'src/workloads/measure/recorder.ts',
  ...['sequence-runs', 'stamped-payload'].map((name) => `src/workloads/audit/${name}.ts`),
  ...['file-payload', 'record-reader'].map((name) => `src/workloads/payload/file/${name}.ts`),
];

/** Fields of other objects that a file of producer-core sets all the same, by the file's name. */
const SETS_OF_OTHERS: Readonly<Record<string, readonly string[]>> = {
  // Links of what is linked through itself: the queue is their owner.
  'batch-queue.ts': ['next', 'previous'],
  'sequences.ts': ['nextSequenced', 'previousSequenced', 'sequenced', 'sequenceOrder'],
  // What is handed over to be filled in: the connection's note on a request, the size of a wait.
  'connection.ts': ['throttledMs'],
  'accumulator.ts': ['bytes'],
  // The reader of a message lends itself to the reader of a tagged field.
  'message.ts': ['end', 'position'],
  // Plain records of the file's own, and what belongs to Node.
  'flush-generations.ts': ['unsettled'],
  'produce-request.ts': ['length'],
  'round-robin-partitioner.ts': ['next'],
  'sasl-scram.ts': ['key', 'salted'],
  'waiting-sends.ts': ['left'],
  'gzip.ts': ['chunkSize'],
  'zstd.ts': ['chunkSize'],
  'load-module.ts': ['cause'],
  // The library's queues, not yet told by methods.
  'producer.ts': ['asking', 'topic'],
  'user-code.ts': ['interceptors'],
};

/**
 * What a hot file holds all the same, each once, because it happens once a run and not once a
 * record.
 */
const ONCE_A_RUN: Readonly<Record<string, readonly string[]>> = {
  'src/workloads/load/generator.ts': ['new Promise'], // GeneratorPhase.run: the end of a phase
};

/**
 * Who writes to files past base/durable-file, and why that is right. Everyone else goes through
 * that door.
 */
const WRITES_BY_ITSELF: Readonly<Record<string, string>> = {
  'src/targets/kafka/standing/stand-up.ts': 'what a supervisor says, for a person',
  'src/base/files/durable-file.ts': 'the door itself',
  'src/base/files/lock-file.ts': 'a lock is published by link(2): whoever makes the name has it',
  'src/base/terminal.ts': 'what is printed, where stdout or stderr is a file',
  'src/report/formats/write-output.ts': 'a device or a pipe given as --out is written to in place',
  'src/report/trend/history-file.ts': 'a history is appended to; what fails is taken back',
  'src/workloads/load/pacer.ts': 'a setting of the kernel, in /proc',
  'src/workloads/consumers/group/kafkajs-member.ts': 'stdout, a pipe to who started it',
  'src/workloads/drivers/record-files.ts': 'what a driver sends, gone with its run',
  'src/targets/kafka/server-process.ts': 'the log that a broker writes, handed over open',
};

/** What one looks for together, and can still look over. */
const MOST_IN_A_FOLDER = 25;
const SAYS_NOTHING = /^(utils?|helpers?|managers?|misc|common|shared|index-all)$/;

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

/** May import anything: what starts real brokers or whole commands. */
function isEndToEnd(file: string): boolean {
  return /\.(kafka|e2e)\.test\.ts$/.test(file);
}

/** Bundled for browsers: its own tsconfig, nothing of Node. */
function isForBrowsers(file: string): boolean {
  return file.startsWith('src/report/page/client/');
}

/** `src/report/text/table.ts` -> `report`; what stands in src/ itself is `main`. */
function layerOf(file: string): string {
  const parts = file.split('/');
  return parts.length === 2 ? 'main' : parts[1];
}

/** Why `from` may not import `to`; null if it may. */
function trespass(from: string, to: string): string | null {
  if (!to.startsWith('src/')) return 'lies outside src/';
  const [upper, lower] = [layerOf(from), layerOf(to)];
  if (lower === 'testing') return isTest(from) || upper === 'testing' ? null : 'is for tests only';
  if (isTest(to)) return 'is a test';
  if (upper === 'testing' || isEndToEnd(from)) return null;
  if (LIBRARY.includes(upper) && lower === 'contract') return 'is no part of the library';
  if (upper === 'producer-core' && lower === 'reader') return 'is no part of the producer';
  if (upper === 'report' && LIBRARY.includes(lower))
    return 'is of Kafka, of which report knows nothing';
  return LAYERS.indexOf(upper) <= LAYERS.indexOf(lower) ? null : `stands above ${upper}`;
}

/** Why `from` may not enter a floor of the library by `to`; null if it may. */
function pastTheDoor(from: string, to: string): string | null {
  const floor = layerOf(to);
  if (!LIBRARY.includes(floor) || layerOf(from) === floor) return null;
  const doors = DOORS[floor].map((door) => `src/${floor}/${door}`);
  if (!doors.includes(to)) return `is no door: enter by ${doors.join(' or ')}`;
  const ships = !isTest(from) && layerOf(from) !== 'testing' && !from.startsWith('bench/');
  return ships && to === FOR_TESTS ? 'is for tests and benches only' : null;
}

describe('imports', () => {
  it('come from layers that the list knows', () => {
    const known = new Set([...LAYERS, 'testing']);
    expect(files.filter((file) => !known.has(layerOf(file.path))).map((file) => file.path)).toEqual(
      [],
    );
  });

  it('only ever point down the list of layers', () => {
    const wrong = files.flatMap((file) =>
      file.imports.flatMap(({ target, line }) => {
        const why = target === null ? null : trespass(file.path, target);
        return why === null ? [] : [`${file.path}:${line} imports ${target!}, which ${why}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('enter the floors of the library by their doors', () => {
    const wrong = [...files, ...benches].flatMap((file) =>
      file.imports.flatMap(({ target, line }) => {
        const why = target === null ? null : pastTheDoor(file.path, target);
        return why === null ? [] : [`${file.path}:${line} imports ${target!}, which ${why}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('name files beside them that are there', () => {
    const missing = files.flatMap(({ path: file, text }) =>
      [...text.matchAll(/new URL\('([^']+)',\s*import\.meta\.url\)/g)].flatMap(([, target]) => {
        const beside = path.join(root, path.dirname(file), target);
        const found = [beside, beside.replace(/\.js$/, '.ts')].some((each) => existsSync(each));
        return found ? [] : [`${file} names ${target}`];
      }),
    );
    expect(missing).toEqual([]);
  });

  it('form no cycles, those of types counted', () =>
    expect(importCycles([...files, ...benches])).toEqual([]));

  it('keep the code of browsers apart: nothing imports it, and it imports nothing of Node', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(({ specifier, target }) =>
          isForBrowsers(file.path)
            ? specifier.startsWith('node:')
            : target !== null && isForBrowsers(target),
        )
        .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('name files with their ending, so that Node finds them', () => {
    const wrong = [...files, ...benches].flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('.') && !/\.(js|json)$/.test(specifier))
        .map((each) => `${file.path}: ${each.specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the checks themselves', () => {
  it('see through aliases of an import: dynamic, re-exported, type-only', () => {
    const text =
      "import type { A } from './a.js';\nexport { b } from '../b.js';\n" +
      "await import('./c.js');\ntype D = import('./d.js').D;\n";
    expect(
      parse('src/x/y.ts', text).imports.map(({ target, typeOnly }) => [target, typeOnly]),
    ).toEqual([
      ['src/x/a.ts', true],
      ['src/b.ts', false],
      ['src/x/c.ts', false],
      ['src/x/d.ts', true],
    ]);
  });

  it('know up from down', () => {
    expect(trespass('src/report/a.ts', 'src/contract/b.ts')).toBeNull();
    expect(trespass('src/report/a.ts', 'src/session/b.ts')).toBe('stands above report');
    expect(trespass('src/producer-core/a.ts', 'src/base/b.ts')).toBeNull();
    expect(trespass('src/connect/a.ts', 'src/producer-core/b.ts')).toBe('stands above connect');
    expect(trespass('src/wire/a.ts', 'src/contract/b.ts')).toBe('is no part of the library');
    expect(trespass('src/report/a.ts', 'src/wire/b.ts')).toMatch('knows nothing');
    expect(trespass('src/report/a.ts', 'src/testing/b.ts')).toBe('is for tests only');
    expect(trespass('src/report/a.test.ts', 'src/testing/b.ts')).toBeNull();
    expect(trespass('src/report/a.e2e.test.ts', 'src/session/b.ts')).toBeNull();
  });

  it('know a door from a window', () => {
    expect(pastTheDoor('src/session/a.ts', 'src/wire/message.ts')).toMatch('no door');
    expect(pastTheDoor('src/session/a.ts', 'src/wire/index.ts')).toBeNull();
    expect(pastTheDoor('src/wire/apis/a.ts', 'src/wire/message.ts')).toBeNull();
    expect(pastTheDoor('src/session/a.ts', 'src/session/b/c.ts')).toBeNull();
    expect(pastTheDoor('src/workloads/a.ts', FOR_TESTS)).toMatch('tests and benches only');
    expect(pastTheDoor('src/workloads/a.test.ts', FOR_TESTS)).toBeNull();
    expect(pastTheDoor('bench/a.ts', FOR_TESTS)).toBeNull();
  });

  it.each(['', 'type '])('find a cycle, of %simports', (kind) => {
    const [there, back] = ["import { b } from './b.js';", `import ${kind}{ a } from './a.js';`];
    expect(importCycles([parse('src/a.ts', there), parse('src/b.ts', back)])).toEqual([
      'src/a.ts -> src/b.ts -> src/a.ts',
    ]);
  });

  it('find fields completed later, and fields that others set', () => {
    const text =
      'class A { x!: B; y = 0; ' +
      'f(b: B) { this.y = 1; this.y++; b.z = 1; --b.z; this.x.z += 2; b[0] = 1; } }\n';
    expect(completedLater(parse('src/a.ts', text))).toEqual(['1: x']);
    expect(assignmentsToOthers(parse('src/a.ts', text))).toEqual([
      '1: b.z',
      '1: b.z',
      '1: this.x.z',
    ]);
  });

  it('find what costs per record, but not in comments or strings', () => {
    const text =
      "// new Promise\nconst s = 'Buffer.concat(';\nf(...xs);\n" +
      'const g = async () => { await 1; };\n' +
      'new Promise(h); Buffer.concat([]); BigInt(1); Date.now();\n';
    const found = [
      '3: f(...)',
      '4: async',
      '4: await',
      '5: new Promise',
      '5: Buffer.concat(',
      '5: BigInt(',
      '5: Date.now(',
    ];
    expect(coldConstructs(parse('src/x.ts', text))).toEqual(found);
  });
});

describe('files that matter', () => {
  it('are written through base/durable-file alone', () => {
    const wrong = sources
      .filter(
        ({ path: file }) =>
          !Object.hasOwn(WRITES_BY_ITSELF, file) && !file.startsWith('src/testing/'),
      )
      .flatMap((file) => fileWrites(file).map((write) => `${file.path}:${write}`));
    expect(wrong).toEqual([]);
  });

  it('have no exception that is none any more', () => {
    const writing = new Set(
      sources.filter((file) => fileWrites(file).length > 0).map((file) => file.path),
    );
    expect(Object.keys(WRITES_BY_ITSELF).filter((file) => !writing.has(file))).toEqual([]);
  });

  it('are seen however the write is spelled', () => {
    const text =
      "import fs, { openSync, writeFileSync as put } from 'node:fs';\n" +
      "import w from 'write-file-atomic';\n" +
      "const { appendFile } = await import('node:fs/promises');\n" +
      "fs.promises.writeFile('a', 'b');\n" +
      "openSync('a', 'w');\nopenSync('a', 'r');\n" +
      "openSync('a', constants.O_RDONLY);\nstream.write('x');\n" +
      "import * as disk from 'fs';\ndisk.cpSync('a', 'b');\ndisk.readFileSync('a');\n";
    expect(fileWrites(parse('src/x.ts', text))).toEqual([
      '1: writeFileSync',
      '2: write-file-atomic',
      '3: appendFile',
      '4: fs.promises.writeFile',
      "5: openSync(..., 'w')",
      '10: disk.cpSync',
    ]);
  });
});

describe('hot files', () => {
  const hot = sources.filter((file) => HOT_FILES.includes(file.path));

  it('are where the list says', () =>
    expect(hot.map((file) => file.path).sort()).toEqual(HOT_FILES.toSorted()));

  it.each(hot.map((file) => [file.path, file] as const))(
    '%s holds nothing that costs per record',
    (_path, file) => {
      const excused = [...(ONCE_A_RUN[file.path] ?? [])];
      const found = coldConstructs(file).filter((construct) => {
        const at = excused.indexOf(construct.replace(/^\d+: /, ''));
        return at === -1 || excused.splice(at, 1).length === 0;
      });
      expect(found).toEqual([]);
    },
  );
});

describe('the state of the producer', () => {
  it('is complete when it is made: no field waits for somebody to fill it in', () => {
    const late = core.flatMap((file) =>
      completedLater(file).map((field) => `${file.path}:${field}`),
    );
    expect(late).toEqual([]);
  });

  it('is changed by its owner alone', () => {
    const wrong = core.flatMap((file) => {
      const allowed = SETS_OF_OTHERS[path.posix.basename(file.path)] ?? [];
      return assignmentsToOthers(file)
        .filter((each) => !allowed.includes(each.replace(/^.*\./, '')))
        .map((each) => `${file.path}:${each}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('printing', () => {
  /** In the page, a browser's console is none of a terminal's. */
  const printers = sources.filter(
    ({ path }) => !isForBrowsers(path) && !path.startsWith('src/testing/'),
  );
  const TOUCHES = [
    /\bprocess\.(?:stdout|stderr)\b|\bprocess\[|\bconsole\./,
    /\bwriteSync\((?:1|2)\b|\bfrom 'node:(?:process|tty|console)'/,
  ];

  it('goes through the door to the terminal, and nothing else touches stdout or stderr', () => {
    const wrong = printers
      .filter(({ path }) => path !== 'src/base/terminal.ts')
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .flatMap((line, index) =>
            TOUCHES.some((each) => each.test(line.replace(/\/\/.*|^\s*\*.*/, '')))
              ? [`${path}:${index + 1} ${line.trim()}`]
              : [],
          ),
      );
    expect(wrong).toEqual([]);
  });
});

describe('folders', () => {
  it(`hold at most ${MOST_IN_A_FOLDER} files, tests counted: more is parted into rooms`, () => {
    const inFolder = new Map<string, number>();
    for (const file of [...files, ...benches]) {
      const folder = path.posix.dirname(file.path);
      inFolder.set(folder, (inFolder.get(folder) ?? 0) + 1);
    }
    const crowded = [...inFolder].filter(([, count]) => count > MOST_IN_A_FOLDER);
    expect(crowded).toEqual([]);
  });
});

describe('files', () => {
  it('have names in kebab-case that say what lives there', () => {
    const wrong = [...files, ...benches].filter((file) => {
      const [name, ...rest] = path.posix.basename(file.path, '.ts').split('.');
      const kebab = [name, ...rest].every((part) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(part));
      return !kebab || SAYS_NOTHING.test(name);
    });
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('begin with a few lines on what lives there', () => {
    // A test's own names say what it is about, and it lies beside what it tests.
    const told = [...files, ...benches].filter((file) => !isTest(file.path));
    const bare = told.filter((file) => !/^(#!.*\n)?(\/\/ \S|\/\*)/.test(file.text));
    expect(bare.map((file) => file.path)).toEqual([]);
  });
});

describe('the repository', () => {
  const listing = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const tracked =
    listing.status === 0 ? listing.stdout.split('\0').filter((name) => name !== '') : [];
  // An unpacked archive has no list of files.
  const inGit = it.skipIf(tracked.length === 0);

  inGit('holds no build output', () => {
    const built = tracked.filter(
      (name) =>
        name.startsWith('dist/') || /^(src|bench)\/.*\.(js|d\.ts|map|tsbuildinfo)$/.test(name),
    );
    // Written by hand: it goes into pages as it is.
    expect(built).toEqual(['src/report/page/theme.js']);
  });

  inGit('names no registry and no path of a single machine', () => {
    // Put together here, so that this file does not hold them.
    const places = ['work', 'root', 'home/[a-z]', 'Users/[A-Za-z]'].map(
      (place) => `(?<![\\w.])/${place}/`,
    );
    const hosts = ['npmjs', 'yarnpkg', 'npmmirror'].map((host) => `registry\\.${host}\\.`);
    const local = new RegExp([...places, ...hosts].join('|'));
    const isText = (name: string): boolean =>
      name === '.ci/run' ||
      (/\.(ts|js|mjs|json|ya?ml|sh|md)$/.test(name) && !name.startsWith('results/'));
    const wrong = tracked
      .filter(
        (name) =>
          isText(name) &&
          name !== 'package-lock.json' &&
          existsSync(path.join(root, name)) &&
          statSync(path.join(root, name)).isFile(),
      )
      .flatMap((name) =>
        readFileSync(path.join(root, name), 'utf8')
          .split('\n')
          .flatMap((line, index) =>
            local.test(line) ? [`${name}:${index + 1} ${line.trim().slice(0, 100)}`] : [],
          ),
      );
    expect(wrong).toEqual([]);
  });
});
