// environment.json: where and with what a sweep ran. Written once by sweep, shown by every report.
import { z } from 'zod';
import { codeOrLater } from './later.js';

export const ENVIRONMENT_SCHEMA = 'kbench/environment@1';

export const environmentSchema = z.object({
  schema: z.literal(ENVIRONMENT_SCHEMA),
  startedAt: z.iso.datetime(),
  kbench: z.string(),
  node: z.string(),
  os: z.string(),
  cpu: z.object({ model: z.string(), cores: z.number().int() }),
  memoryMiB: z.number(),
  /** Git revision of the working directory, if it is one. */
  git: z.object({ revision: z.string(), dirty: z.boolean() }).nullable(),
  target: z.object({
    kind: codeOrLater(['embedded', 'external', 'kafka']),
    bootstrap: z.array(z.string()),
    /** Protocol and SASL mechanism, e.g. `SASL_SSL (SCRAM-SHA-512)`; left out for PLAINTEXT. */
    security: z.string().optional(),
    clusterId: z.string().nullable(),
    brokers: z.number().int(),
    /** Finalised features such as metadata.version, by name. */
    features: z.record(z.string(), z.number()),
    /** As far as the broker tells: `4.3` from metadata.version, or null. */
    version: z.string().nullable(),
    /**
     * What of the sweep's `target:` can change a figure and is not told above, by its name there.
     * Absent: written by a version that did not keep it, so nothing is known of it.
     */
    settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
  /**
   * What topics that existed before were like, by name; those that could not be asked are not in
   * it.
   */
  topics: z.record(z.string(), z.object({ partitions: z.number().int() })).optional(),
});

export type Environment = z.infer<typeof environmentSchema>;
