// The topic settings of Apache Kafka 4.4 (TopicConfig.java), each in a sentence: to warn about a
// likely typo before a broker refuses it, and for the JSON Schema. Not a limit: a newer broker may
// know more.
export const TOPIC_CONFIG_DOCS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'cleanup.policy': 'What becomes of old segments: delete, compact, both, or neither.',
    'compression.gzip.level': "Level of gzip, where the broker compresses with the topic's codec.",
    'compression.lz4.level': "Level of lz4, where the broker compresses with the topic's codec.",
    'compression.type': "Codec of the topic's log; producer keeps what producers send.",
    'compression.zstd.level': "Level of zstd, where the broker compresses with the topic's codec.",
    'delete.retention.ms': 'How long tombstones stay in a compacted topic.',
    'errors.deadletterqueue.group.enable':
      'Whether the topic may take the dead letters of share groups.',
    'file.delete.delay.ms': 'How long a deleted file stays on the disk.',
    'flush.messages': 'Records after which the log is flushed to the disk.',
    'flush.ms': 'Time after which the log is flushed to the disk.',
    'follower.replication.throttled.replicas': 'Replicas whose following is throttled.',
    'index.interval.bytes': 'Bytes of log between two entries of its index.',
    'leader.replication.throttled.replicas': 'Replicas whose leading is throttled.',
    'local.retention.bytes': 'With tiered storage: bytes of a partition that stay on local disks.',
    'local.retention.ms': 'With tiered storage: how long segments stay on local disks.',
    'max.compaction.lag.ms': 'Longest time that a record is not compacted.',
    'max.decompressed.message.bytes': 'Largest batch that the broker takes, once decompressed.',
    'max.message.bytes': 'Largest batch that the broker takes, after compression.',
    'message.timestamp.after.max.ms': "How far a record's time may lie in the broker's future.",
    'message.timestamp.before.max.ms': "How far a record's time may lie in the broker's past.",
    'message.timestamp.type': 'Whose time records carry: CreateTime or LogAppendTime.',
    'min.cleanable.dirty.ratio': 'Share of a log that is not compacted, at which it becomes so.',
    'min.compaction.lag.ms': 'Shortest time that a record is not compacted.',
    'min.insync.replicas': 'Replicas that must be in sync for a write with acks: all.',
    preallocate: 'Whether segments are made at their full size.',
    'remote.copy.lag.bytes':
      'With tiered storage: bytes of rolled segments that may wait to be copied.',
    'remote.copy.lag.ms': 'With tiered storage: how long a rolled segment may wait to be copied.',
    'remote.log.copy.disable': 'With tiered storage: nothing more is copied to it.',
    'remote.log.delete.on.disable':
      'With tiered storage: what is there is deleted when it is switched off.',
    'remote.storage.enable': 'Whether segments go to tiered storage.',
    'retention.bytes': 'Bytes of a partition after which its oldest segments go.',
    'retention.ms': 'How long segments stay.',
    'segment.bytes': 'Bytes of a segment.',
    'segment.index.bytes': 'Bytes of the index of a segment.',
    'segment.jitter.ms': "Random part of a segment's time, so that not all end at once.",
    'segment.ms': 'Time after which a segment ends though it is not full.',
    'unclean.leader.election.enable':
      'Whether a replica that is behind may lead, at the price of records.',
  }),
);

export const TOPIC_CONFIG_NAMES: readonly string[] = [...TOPIC_CONFIG_DOCS.keys()];
