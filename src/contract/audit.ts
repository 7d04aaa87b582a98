// What became of the records of an audited run (`workload: {audit: true}`): the log was read back
// and held against what the producer was told. Part of runs/NNNN.json; absent where nothing was
// audited. Written by workloads/audit, read by report.
import { z } from 'zod';
import { codeOrLater, withLaterSections } from './later.js';

const count = z.number().int().min(0);

/** What may be wrong with a record. */
export const auditClasses = [
  ...(['lost', 'duplicated', 'reordered', 'corrupt', 'storedThoughFailed', 'gone'] as const),
  ...(['committedNotSeen', 'abortedSeen'] as const),
] as const;

/** What settings may promise, and what always is. */
export const auditPromises = [
  'durability', // acknowledged by two replicas at least: there after one broker's death
  'idempotence', // once, and in order
  'transactions', // all of a committed one is seen, nothing of an aborted one
  'integrity', // what is stored is what was sent
  'refusals', // what was refused is not stored
] as const;

const example = z.object({
  class: codeOrLater(auditClasses),
  /** Where it is, or for a lost one where it was acknowledged; null where that is not known. */
  partition: z.number().int().nullable(),
  offset: z.number().nullable(),
  /** From 0, and the number that its value begins with. Null where no stamp can be made out. */
  worker: z.number().int().nullable(),
  sequence: z.number().nullable(),
});

const audit = z.object({
  /** Records that the producer was given, warm-up included. */
  sent: count,
  /** With acks=0: written to the socket. Those of aborted transactions too. */
  acknowledged: count,
  /** Acknowledged, and there. */
  found: count,
  /** Acknowledged, and not there. */
  lost: count,
  /** Acknowledged, and deleted by retention before the log was read: nobody can tell. */
  gone: count,
  /** Copies of a record beside its first. */
  duplicated: count,
  /** Stored behind a record of the same worker and partition that was sent later. */
  reordered: count,
  /** Not what was sent; those that can be made out are among the found ones. */
  corrupt: count,
  /** Failed, and certainly not stored by what the producer was told; and those that are there. */
  refused: count,
  storedThoughFailed: count,
  /** Failed, and told neither way (time-out, connection lost); and those that are there. */
  unknown: count,
  unknownFound: count,
  /** Records of others in the topic, and all that was read. */
  foreign: count,
  read: count,
  /** Null where records were sent outside of transactions. */
  transactions: z
    .object({
      /** Acknowledged records, by the end of their transaction. */
      committed: count,
      aborted: count,
      /** Of committed ones, and hidden from readers of committed records; and the other way. */
      committedNotSeen: count,
      abortedSeen: count,
      /** Behind an open transaction when the log was read. */
      undecided: count,
    })
    .nullable(),
  promises: z.array(
    z.object({
      promise: codeOrLater(auditPromises),
      /** Whether the settings promise it; `because` of which. */
      promised: z.boolean(),
      because: z.string(),
      /** Records that are not as the promise says, promised or not. */
      records: count,
      /** Promised, and not kept. */
      broken: z.boolean(),
    }),
  ),
  /** The first few of each class. */
  examples: z.array(example),
  /** How long the reading took. */
  tookMs: z.number(),
});

export const auditSchema = withLaterSections(audit);

export type Audit = z.infer<typeof auditSchema>;
export type AuditExample = z.infer<typeof example>;
export type AuditClass = (typeof auditClasses)[number];
export type AuditPromise = Audit['promises'][number];
