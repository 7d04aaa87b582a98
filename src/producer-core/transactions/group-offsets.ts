// A consumer group's offsets as a transaction commits them. Types only, of the public face
// (producer-api.ts hands them on).

/** A consumer group's next offset of a partition. */
export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/**
 * Who commits offsets: as a consumer's groupMetadata() tells. Without member the group's generation
 * is not checked.
 */
export interface ConsumerGroupMetadata {
  readonly groupId: string;
  readonly generationId?: number;
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
}
