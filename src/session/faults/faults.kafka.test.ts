// Faults against real Kafka: three brokers, one of them killed, paused, cut off under load. What
// must hold however slow the machine is: nothing acknowledged by acks=all is refused for good, what
// was done is in the events, and every run begins with a cluster that is whole.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import type { RunResult } from '../../contract/run-result.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-faults-kafka-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const YAML = `
target: {kafka: {version: 4.4.0, brokers: 3}}
topic: {partitions: 3, replicationFactor: 3, config: {min.insync.replicas: 2}}
workload: {rate: 500/s, duration: 16s, warmup: 3s, keys: {random: 1000}}
producer: {acks: all}
canary: false
repeats: 1
sweep:
  faults:
    - - {at: 3s, kill: leader, restartAfter: 4s}
    - - {at: 2s, pause: controller, for: 2s}
      - {at: 7s, network: {broker: 2, cut: true}, for: 3s}
      - {at: 13s, network: {broker: all, delay: 25ms}, for: 2s}
`;

await describeWithKafkaJars('faults against real Kafka', () => {
  it('kills a leader, pauses a controller, cuts the network, and mends all of it', async () => {
    writeFileSync(path.join(folder, 'broken.yaml'), YAML);
    const main = threadEntry(import.meta.url, '../../main.js');
    const args = [main, 'run', 'broken.yaml', '--out', folder];
    const child = spawn(process.execPath, args, { cwd: folder, timeout: 220_000 });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (said += data.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code, said).toBe(0);
    const parent = path.join(folder, 'broken');
    const runs = path.join(parent, readdirSync(parent)[0], 'runs');
    const results = readdirSync(runs).map(
      (file) => JSON.parse(readFileSync(path.join(runs, file), 'utf8')) as RunResult,
    );
    expect(results.map(({ status, failure }) => [status, failure])).toEqual([
      ['completed', null],
      ['completed', null],
    ]);
    const [killed] = results.filter(({ faults }) =>
      faults!.some(({ action }) => action === 'kill'),
    );
    const [cut] = results.filter((run) => run !== killed);

    expect(killed.faults).toMatchObject([
      { action: 'kill', target: expect.stringMatching(/^broker [123]$/) as string },
      { action: 'start', target: killed.faults![0].target },
    ]);
    const [death] = killed.measurement!.recovery!;
    expect(death.leaderChanges).toBeGreaterThanOrEqual(1);
    expect(death.connectionsLost).toBeGreaterThanOrEqual(1);
    // acks=all with retries: whatever happened, all was acknowledged in the end.
    expect(killed.measurement!.records).toMatchObject({ sent: 8000, acked: 8000, failed: 0 });

    expect(cut.faults!.map(({ action }) => action)).toEqual([
      ...['pause', 'resume', 'network', 'heal'],
      ...['network', 'network', 'network', 'heal', 'heal', 'heal'],
    ]);
    expect(cut.faults!.every(({ doneAtMs }) => doneAtMs !== null)).toBe(true);
    const [, network, delay] = cut.measurement!.recovery!;
    // Broker 2 leads one of three partitions, which all get records by their keys.
    expect(network.longestPartitionGapMs).toBeGreaterThan(2500);
    expect(delay.p99Ms.during).toBeGreaterThan(50);
    expect(cut.measurement!.records).toMatchObject({ sent: 8000, acked: 8000, failed: 0 });
    for (const { measurement } of results) {
      const codes = measurement!.verdict.reasons.map((reason) => reason.code);
      expect(codes).not.toContain('errors');
      expect(codes).not.toContain('outage');
    }
  }, 240_000);
});
