// What `kbench init` writes: a sweep that runs as it is, and says what else there is. A test holds
// it to what loadSweep takes.

export const SWEEP_TEMPLATE = `# yaml-language-server: $schema=kbench.schema.json
# A sweep for kbench: every point of the grid below is run \`repeats\` times, \
in a seeded random order.
#   kbench validate FILE     what would be run, how long it may take
#   kbench run FILE          run it; results go to results/<name>/
# Sizes take B, kB, MB, GB (powers of 1000) and KiB, MiB, GiB (powers of 1024); \
times take us, ms, s, m, h.

name: my-sweep

# Where the records go. \`embedded\` is a small cluster inside of kbench: good for trying out \
a sweep, but its figures describe kbench, not
# Kafka. For your own cluster use the second line, or \`--bootstrap host:port\`; \
for a real Kafka started on this machine the third.
target: embedded
# target: {bootstrap: ["localhost:9092"]}
# target: {kafka: {version: 4.4.0, brokers: 1}}

# A topic is made for each run and deleted after it. \`{name: my-topic}\` uses one that exists, \
and never changes or deletes it.
topic:
  partitions: 6
  replicationFactor: 1
  # config: {min.insync.replicas: 2}

workload:
  valueBytes: 100       # bytes of each record's value
  rate: max             # as fast as buffer.memory lets in, or e.g. \
5000/s (over all workers) to measure latency at a rate
  records: 500000       # or a time instead: duration: 20s
  warmup: {records: 100000}   # sent before the measured part; or e.g. 5s, or none
  workers: 1            # producers, each in a thread of its own
  keys: none            # or {uniform: {distinct: 1000, bytes: 16}}, {range: 1000}, \
{zipf: 1000}, ...
  payload: random       # does not compress; text is made-up JSON events; \
{file: events.jsonl} your own records
  # transaction: {records: 1000, abortRatio: 0.05}   # commit after so many records, \
abort one in twenty

# Settings of Java's producer, by Java's names; what is not here has Java's default \
(idempotence on, no compression, ...).
producer:
  # compression.type: lz4
  acks: all
  max.in.flight.requests.per.connection: 5

# The grid: every combination of these. Any producer setting, \
workload.* and topic.* may stand here, always as a list.
# \`points: [{batch.size: 16KiB, linger.ms: 0}, ...]\` in place of \`sweep:\` names \
the combinations one by one.
sweep:
  batch.size: [16KiB, 64KiB]
  linger.ms: [0, 5]

# Combinations to leave out: a point that matches all pairs of a rule is dropped.
exclude:
  - {batch.size: 64KiB, linger.ms: 0}

# What every point must reach: \`kbench run\` ends with exit code 99 where one does not. \
Names are those of summary.json.
# thresholds:
#   latencyMs.service.p99: ["< 500ms"]
#   throughput.recordsPerSecond: ["> 10k"]
#   records.failed: [{threshold: "== 0", abortOnFail: true}]

# How often each point is run. Medians need 3, an interval around them 6. \
\`repeats: 1\` is a quick look.
repeats: 3

# Of the order of the runs, and of their payloads and keys. The same seed gives the same plan.
seed: 1
`;
