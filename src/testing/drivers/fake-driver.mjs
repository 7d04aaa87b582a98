#!/usr/bin/env node
// A driver that sends nothing and says what a test asks for by its argument: the contract kept
// (`well`), or broken in one way. Test-only; a program of its own, so that it is met as users' are.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

const [mode = 'well'] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const hang = () => wait(600_000);
if (mode === 'sleeper') await hang();

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
let ahead = null;
const hear = () => {
  const line = ahead ?? next();
  ahead = null;
  return line;
};
/** The next line, which is heard all the same. */
const peek = () => (ahead ??= next());

function histogram(count, micros) {
  const values = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3 });
  values.recordValueWithCount(micros, count);
  return {
    encoded: encodeIntoCompressedBase64(values),
    ...{ count, minMicros: micros, maxMicros: micros },
  };
}

const spec = await hear();
const { due } = spec;
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Waits for the start, and until so many records were due since, or it is asked to stop. */
async function phase(records) {
  const start = await hear();
  if (start === null) process.exit(0);
  const startMs = Number(BigInt(start.atNs)) / 1e6;
  const lastMs = due === null ? 1 : due.firstMs + (records - 1) * due.gapMs;
  await Promise.race([wait(startMs + lastMs - nowMs() + 1), peek()]);
  return startMs;
}

if (mode === 'dies') {
  process.stderr.write('no licence for this host\n');
  process.exit(3);
}
if (mode === 'says-nothing') await hang();
if (mode === 'rubbish') process.stdout.write('Hello, World!\n');
if (mode === 'long-line') process.stdout.write('x'.repeat(5 << 20));
const [protocol, version] = [mode === 'protocol' ? 7 : 1, '1.2.3'];
const notHonoured = [{ name: 'linger.ms', why: 'the fake sends at once' }];
say({ type: 'hello', protocol, name: 'fake', version, notHonoured });
if (mode === 'gives-up')
  say({ type: 'fatal', message: 'the broker refused this user', remedy: 'ask for an ACL' });
const off = mode === 'clock' ? 60_000_000_000n : 0n;
say({ type: 'ready', nowNs: String(process.hrtime.bigint() + off) });
if (mode === 'exits-early') process.exit(0);
if (mode === 'unasked') say({ type: 'done', phase: 'warmup' });
let sent = 0;
if (spec.warmup !== null) {
  const records = spec.warmup.records ?? 10;
  await phase(records);
  sent += records;
  say({ type: 'done', phase: 'warmup', ...(mode === 'renumbers' ? { sent: 40 } : {}) });
}
let records = spec.measured.records ?? 1000;
const startMs = await phase(mode === 'early' ? 0 : records);
if (mode === 'killed') process.kill(process.pid, 'SIGKILL');
if (mode === 'hangs') await hang();
if (mode === 'until-stopped') {
  for (let told = 0; ; told += 10) {
    say({ type: 'progress', sent: told, acked: told, failed: 0 });
    const heard = await Promise.race([peek(), wait(50).then(() => 0)]);
    records = told;
    if (heard === null) break;
  }
}
if (mode === 'too-many') records += 1;
say({ type: 'progress', sent: records, acked: records, failed: 0 });
const endedMs = nowMs() - startMs;
const open = due !== null;
const counted = mode === 'miscounts' ? records + 1 : records;
const times = (micros) => (records === 0 ? null : histogram(counted, micros));
const interval = { type: 'interval', index: 0, durationMs: Math.min(1000, endedMs), errors: {} };
const counts = { sent: records, acked: records, failed: 0 };
const held = mode === 'interval-counts' ? records - 1 : records;
say({ ...interval, ...counts, histogram: histogram(held, 2000) });
if (spec.audit !== null && mode !== 'no-outcomes')
  writeFileSync(spec.audit.outcomes, Buffer.alloc(sent + records, mode === 'denies' ? 3 : 1));
const response = open ? times(2000) : null;
if (mode === 'extremes') response.maxMicros = 2_900;
const result = {
  type: 'result',
  ...{ ...counts, valueBytes: 100 * records },
  ...{ firstAckMs: 0, lastAckMs: endedMs, lastSentMs: endedMs, endedMs, blockedMs: 0 },
  histograms: { response, service: times(1500), delay: open ? times(500) : null },
  totals: { requests: 10 },
};
if (mode === 'nan') process.stdout.write(JSON.stringify(result).replace(/}$/, ',"cpuMs":NaN}\n'));
say(result);
if (mode === 'two-results') say({ ...result, acked: 1 });
if (mode === 'late-interval') say({ ...interval, index: 1, ...counts, histogram: null });
if (mode === 'leaves-child') {
  const file = fileURLToPath(import.meta.url);
  spawn(process.execPath, [file, 'sleeper'], { detached: true, stdio: 'inherit' }).unref();
}
if (mode === 'never-ends') await hang();
while ((await hear()) !== null);
process.exit(0);
