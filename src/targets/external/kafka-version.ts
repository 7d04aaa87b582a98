// Kafka's release from the level of its `metadata.version` feature: the only thing by which a
// broker tells its version.

/**
 * First level of each release, newest first: org.apache.kafka.server.common.MetadataVersion,
 * printed from the 4.4.0 jar (levels 7 to
 * 33) and read in 3.6's source (1 to 6).
 */
const FIRST_LEVELS: readonly (readonly [level: number, release: string])[] = [
  [31, '4.4'],
  [30, '4.3'],
  [28, '4.2'],
  [26, '4.1'],
  [22, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [15, '3.7'],
  [12, '3.6'],
  [9, '3.5'],
  [8, '3.4'],
  [4, '3.3'],
  [3, '3.2'],
  [2, '3.1'],
  [1, '3.0'],
];
const LAST_KNOWN_LEVEL = 33;

/** `4.3` for level 30; null for no level, or one from the future. */
export function releaseOfMetadataVersion(level: number | undefined): string | null {
  if (level === undefined || level > LAST_KNOWN_LEVEL) return null;
  return FIRST_LEVELS.find(([first]) => level >= first)?.[1] ?? null;
}
