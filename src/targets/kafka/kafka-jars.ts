// Apache Kafka's jars of one version: fetched once with the ordinary Maven client, kept in
// <cache>/kafka/<version>/. Called by kafka-cluster.ts, tests and benchmarks. A folder
// appears there complete or not at all.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../base/files/durable-file.js';
import { KbenchError, RunError } from '../../base/errors.js';
import { takeLock } from '../../base/files/lock-file.js';
import { cacheFolder } from './cache-folder.js';
import { mavenEnvironment } from './processes/child-environment.js';
import { isKafkaVersion } from './kafka-rules.js';
import { runToEnd } from './processes/child-process.js';
import type { Finished } from './processes/child-process.js';
import { javaProblem } from './java.js';
import { cacheError, FULL_DISK } from './place-error.js';
import { RunRegistry } from './processes/run-registry.js';

export interface FoundKafkaJars {
  readonly available: true;
  readonly version: string;
  readonly folder: string;
  /** For java's -cp; the wildcard is Java's own. */
  readonly classPath: string;
}

export interface MissingKafkaJars {
  readonly available: false;
  readonly version: string;
  readonly reason: string;
  readonly remedy: string;
}

export interface JarsOptions {
  readonly cache?: string;
  /** Limit of one fetch. Default 300,000. */
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Told before a fetch, which takes seconds to minutes. */
  readonly onProgress?: (message: string) => void;
}

const FETCH_LIMIT_MS = 300_000;
/** Brokers log through slf4j 1.7 to log4j 2; Kafka's own packages leave the choice open. */
const LOG4J_VERSION = '2.25.3';
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

/**
 * The jars of a Kafka version and a Java to run them, fetching the jars if need be. Never rejects
 * for a missing thing.
 */
export async function findKafkaJars(
  version: string,
  options: JarsOptions = {},
): Promise<FoundKafkaJars | MissingKafkaJars> {
  const missing = (reason: string, remedy: string): MissingKafkaJars => ({
    available: false,
    version,
    reason,
    remedy,
  });
  if (!isKafkaVersion(version)) {
    return missing(
      `${JSON.stringify(version)} is no version of Apache Kafka that kbench can start`,
      'Give a release such as 4.4.0: three numbers, 2.8.0 or newer.',
    );
  }
  const java = await javaProblem(version, options.env);
  if (java !== null) return missing(java.reason, java.remedy);
  const cache = options.cache ?? cacheFolder(options.env);
  const root = path.join(cache, 'kafka');
  const folder = path.join(root, version);
  const found: FoundKafkaJars = {
    available: true,
    version,
    folder,
    classPath: path.join(folder, '*'),
  };
  if (isComplete(folder, version)) return found;
  try {
    const failure = await fetchAlone({ cache, root, folder, version }, options);
    return failure === null ? found : missing(failure.reason, failure.remedy);
  } catch (error) {
    const told = cacheError(cache, error);
    if (!(told instanceof KbenchError)) throw told;
    return missing(told.message, told.remedy ?? '');
  }
}

interface Place {
  readonly cache: string;
  readonly root: string;
  readonly folder: string;
  readonly version: string;
}

/** Fetches, unless another kbench is doing so: then waits for that. */
async function fetchAlone(place: Place, options: JarsOptions): Promise<Failure | null> {
  const { root, folder, version } = place;
  const timeoutMs = options.timeoutMs ?? FETCH_LIMIT_MS;
  const lock = path.join(root, `${version}.lock`);
  const release = await takeLock(lock, { waitMs: timeoutMs });
  if (release === null) {
    return {
      reason: `another kbench has been fetching Kafka ${version} for ${timeoutMs / 1000} s`,
      remedy: `See what it is doing, or delete ${lock}.`,
    };
  }
  try {
    if (isComplete(folder, version)) return null;
    options.onProgress?.(`fetching Apache Kafka ${version} into ${folder}`);
    return await fetchInto(place, timeoutMs, options.env ?? process.env);
  } finally {
    release();
  }
}

/** As findKafkaJars, but a RunError when they are not to be had. */
export async function requireKafkaJars(
  version: string,
  options: JarsOptions = {},
): Promise<FoundKafkaJars> {
  const jars = await findKafkaJars(version, options);
  if (!jars.available) throw new RunError(jars.reason, jars.remedy);
  return jars;
}

const isComplete = (folder: string, version: string) =>
  [`kafka_2.13-${version}.jar`, `kafka-tools-${version}.jar`, `kafka-clients-${version}.jar`].every(
    (jar) => existsSync(path.join(folder, jar)),
  );

interface Failure {
  readonly reason: string;
  readonly remedy: string;
}

async function fetchInto(
  { cache, root, folder, version }: Place,
  timeoutMs: number,
  env: NodeJS.ProcessEnv,
): Promise<Failure | null> {
  const prefix = `.fetch-${version}-`;
  // Only the lock's holder is here, so whatever lies about is of a fetch that was killed.
  for (const name of readdirSync(root)) {
    if (name.startsWith(prefix)) rmSync(path.join(root, name), { recursive: true, force: true });
  }
  const registry = RunRegistry.of(cache);
  const work = registry.makeFolder(prefix, root);
  try {
    const jars = path.join(work, 'jars');
    mkdirSync(jars);
    writeWholeSync(path.join(work, 'pom.xml'), pomFor(version));
    const maven = await runToEnd(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        `${DEPENDENCY_PLUGIN}:copy-dependencies`,
        `-DoutputDirectory=${jars}`,
        '-DincludeScope=runtime',
      ],
      { timeoutMs, cwd: work, env: mavenEnvironment(env), maxOutputBytes: 4 * 1024 * 1024 },
    );
    const failure = mavenFailure(version, maven, timeoutMs);
    if (failure !== null) return failure;
    if (!isComplete(jars, version)) {
      return {
        reason: `Maven ended well, but not all jars of Kafka ${version} are there`,
        remedy: 'Try again.',
      };
    }
    // What is in its place is incomplete (else nobody would fetch): somebody deleted a part of it.
    rmSync(folder, { recursive: true, force: true });
    renameSync(jars, folder);
    return null;
  } finally {
    registry.removeFolder(work);
  }
}

/** A project that only depends: all that runs a broker and Kafka's own tools. */
export function pomFor(version: string): string {
  const dependency = (group: string, artifact: string, of: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
    `<version>${of}</version></dependency>`;
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>kbench</groupId><artifactId>kafka-jars</artifactId>' +
      '<version>1</version><packaging>pom</packaging>',
    '<dependencies>',
    dependency('org.apache.kafka', 'kafka_2.13', version),
    dependency('org.apache.kafka', 'kafka-tools', version),
    dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J_VERSION),
    dependency('org.apache.logging.log4j', 'log4j-core', LOG4J_VERSION),
    '</dependencies></project>',
    '',
  ].join('\n');
}

/** What a run of Maven that did not end well means to the user; null when it did. */
export function mavenFailure(
  version: string,
  run: Pick<Finished, 'code' | 'stdout' | 'stderr' | 'timedOut' | 'startError'>,
  timeoutMs: number,
): Failure | null {
  if (run.startError !== null) {
    return {
      reason:
        `Kafka ${version} is not in the cache, and mvn, which would fetch it, ` +
        'could not be started',
      remedy: 'Install Apache Maven, or run once where it is and share the cache (KBENCH_CACHE).',
    };
  }
  if (run.timedOut) {
    return {
      reason: `Maven did not fetch Kafka ${version} within ${timeoutMs / 1000} s`,
      remedy: 'Is the network slow or a proxy missing? Maven takes it from its settings.xml.',
    };
  }
  if (run.code === 0) return null;
  const said = `${run.stdout}\n${run.stderr}`;
  const detail =
    /\[ERROR\][^\n]*/.exec(said)?.[0].slice(0, 400) ?? `exit code ${run.code ?? 'none'}`;
  if (FULL_DISK.test(said)) {
    return {
      reason: `Maven could not fetch Kafka ${version}, as the disk is full: ${detail}`,
      remedy:
        'Free some space for kbench’s cache (or set KBENCH_CACHE) and for Maven’s own (~/.m2).',
    };
  }
  if (/could not be found|Could not find artifact|was not found in/i.test(said)) {
    return {
      reason: `Maven finds no complete Kafka ${version}: ${detail}`,
      remedy: 'Choose another version.',
    };
  }
  if (
    /Unknown host|Could not transfer|Connection (refused|reset)|unreachable|timed out/i.test(said)
  ) {
    return {
      reason: `Maven could not reach its repository for Kafka ${version}: ${detail}`,
      remedy: 'Check the network, or the proxy and mirror in Maven’s settings.xml.',
    };
  }
  return {
    reason: `Maven failed to fetch Kafka ${version}: ${detail}`,
    remedy: 'See what Maven says above.',
  };
}
