// What a run says of a cluster that goes away under it: real threads, real sockets, a real SIGSTOP.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import { clusterReasons, runDisturbed } from '../../testing/disturbed-run.js';
import { startInProcessCluster } from '../embedded/in-process.js';
import { API } from '../../wire/api-keys.js';

type AtEnd = (end: () => Promise<void> | void) => void;

async function cluster(brokers: number, atEnd: AtEnd) {
  const started = await startInProcessCluster({
    brokers,
    topics: [{ name: 't', partitions: 3, replicationFactor: 1 }],
    log: () => undefined,
  });
  atEnd(() => started.close());
  const all = Array.from({ length: brokers }, (_, i) => i + 1);
  return {
    ...started,
    stop: async () => {
      for (const broker of all) await started.inject({ kind: 'stop-broker', broker });
    },
    drop: () => started.inject({ kind: 'drop', api: API.PRODUCE, when: 'before-append', every: 1 }),
    start: async () => {
      for (const broker of all) await started.inject({ kind: 'start-broker', broker });
    },
  };
}

/** The embedded cluster in a process of its own, which can be stopped whole. */
async function clusterProcess(atEnd: AtEnd) {
  const args = ['embedded', '--port', '0', '--brokers', '1', '--topic', 't:3'];
  const child = spawn(process.execPath, [threadEntry(import.meta.url, '../../main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  atEnd(() => void child.kill('SIGKILL'));
  const bootstrap = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.on('exit', () => reject(new Error(`it has ended: ${text}`)));
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      const found = /bootstrap\.servers=(\S+)\n/.exec(text);
      if (found !== null) resolve(found[1]);
    });
  });
  return { child, bootstrap: [bootstrap] };
}

// Most of their time is waiting.
describe.concurrent('a cluster that goes away', { timeout: 60_000 }, () => {
  it('and hangs for a while (SIGSTOP) is an outage, not a rate that is too high', async ({
    onTestFinished,
  }) => {
    const { child, bootstrap } = await clusterProcess(onTestFinished);
    const result = await runDisturbed({
      ...{ bootstrap, topicName: 't', workload: {}, afterMs: 500 },
      disturb: async () => {
        child.kill('SIGSTOP');
        await sleep(1800);
        child.kill('SIGCONT');
      },
    });
    const { continuity, verdict, records } = result.measurement!;
    expect(result.status).toBe('completed');
    expect(records).toMatchObject({ sent: 1500, acked: 1500 });
    expect(clusterReasons(result)).toEqual(['outage']);
    expect(continuity!.longestGapMs).toBeGreaterThan(1500);
    expect(continuity!.longestGapMs).toBeLessThan(4000);
    const { severity, message } = verdict.reasons.find(({ code }) => code === 'outage')!;
    expect(severity).toBe('warning');
    expect(message).toMatch(/^no acknowledgement for \d\.\d s from \d\.\d s on/);
  });

  it('and comes back is one with the connections that it took, also at full speed', async ({
    onTestFinished,
  }) => {
    const { bootstrap, stop, start } = await cluster(2, onTestFinished);
    const result = await runDisturbed({
      ...{ bootstrap, topicName: 't', afterMs: 300, producer: { 'buffer.memory': 1_000_000 } },
      workload: { rate: 'max', durationMs: 2500, workers: 2 },
      disturb: async () => {
        await stop();
        await sleep(1000);
        await start();
      },
    });
    const { continuity } = result.measurement!;
    expect(clusterReasons(result)).toEqual(['outage']);
    expect(continuity!.longestGapMs).toBeGreaterThan(900);
    // Each of two workers had a connection to each of two brokers.
    expect(continuity!.connectionsLost).toBeGreaterThanOrEqual(4);
    expect(result.measurement!.verdict.reasons.map(({ message }) => message).join()).toMatch(
      /\d connections lost/,
    );
  });

  it('for good names the first cause, and its rate is that of the whole time', async ({
    onTestFinished,
  }) => {
    const { bootstrap, stop } = await cluster(1, onTestFinished);
    const result = await runDisturbed({
      ...{ bootstrap, topicName: 't', workload: {}, afterMs: 100, disturb: stop },
      producer: { 'delivery.timeout.ms': 1000, 'request.timeout.ms': 800, 'linger.ms': 0 },
    });
    const { records, throughput, verdict, errors } = result.measurement!;
    expect(result.status).toBe('completed');
    expect(verdict.valid).toBe(false);
    expect(clusterReasons(result)).toEqual(['errors', 'outage']);
    expect(records.failed).toBeGreaterThan(records.acked);
    // Of 3 s, not of the time until the outage.
    expect(throughput.recordsPerSecond).toBeLessThan((records.acked / 3) * 1.1);
    expect(errors[0].message).toMatch(/expired .* first cause: broker 1 \(127\.0\.0\.1:\d+\): /);
    expect(verdict.reasons[0].message).toContain('first cause: broker 1');
  });

  it('before anything is acknowledged makes the run a failed one that says why', async ({
    onTestFinished,
  }) => {
    const { bootstrap, drop } = await cluster(1, onTestFinished);
    await drop();
    const result = await runDisturbed({
      ...{ bootstrap, topicName: 't', afterMs: 0, disturb: () => Promise.resolve() },
      workload: { durationMs: 1000 },
      producer: { 'delivery.timeout.ms': 1000, 'request.timeout.ms': 800, 'linger.ms': 0 },
    });
    expect(result.status).toBe('failed');
    expect(result.failure!.message).toMatch(
      /none of 500 records was acknowledged: no acknowledgement for/,
    );
    expect(result.failure!.message).toMatch(
      /broker 1 \(127\S+\): the broker closed the connection \(\d+ connections failed in a row/,
    );
    expect(result.measurement!.records).toMatchObject({ acked: 0, failed: 500 });
  });

  it('is told by lost connections with acks=0, where nothing is ever answered', async ({
    onTestFinished,
  }) => {
    const { bootstrap, stop, start } = await cluster(1, onTestFinished);
    const result = await runDisturbed({
      ...{ bootstrap, topicName: 't', workload: {}, afterMs: 300, producer: { acks: '0' } },
      disturb: async () => {
        await stop();
        await sleep(1200);
        await start();
      },
    });
    expect(result.status).toBe('completed');
    expect(result.measurement!.continuity!.connectionsLost).toBeGreaterThan(0);
    const [reason] = result.measurement!.verdict.reasons.filter(({ code }) => code === 'outage');
    expect(reason.message).toMatch(/^nothing could be written for \d\.\d s/);
  });
});
