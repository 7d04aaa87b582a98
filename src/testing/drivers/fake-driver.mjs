#!/usr/bin/env node
// A driver that sends nothing and says what a test asks for by its argument: the contract kept
// (`well`), or broken in one way. Test-only; a program of its own, so that it is met as users' are.
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

const [mode = 'well'] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
const hang = () => new Promise((resolve) => setTimeout(resolve, 600_000));

function histogram(count, micros) {
  const values = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3 });
  values.recordValueWithCount(micros, count);
  return {
    encoded: encodeIntoCompressedBase64(values),
    ...{ count, minMicros: micros, maxMicros: micros },
  };
}

const spec = await hear();
if (mode === 'dies') {
  process.stderr.write('no licence for this host\n');
  process.exit(3);
}
if (mode === 'says-nothing') await hang();
if (mode === 'rubbish') process.stdout.write('Hello, World!\n');
const [protocol, version] = [mode === 'protocol' ? 7 : 1, '1.2.3'];
const notHonoured = [{ name: 'linger.ms', why: 'the fake sends at once' }];
say({ type: 'hello', protocol, name: 'fake', version, notHonoured });
if (mode === 'gives-up')
  say({ type: 'fatal', message: 'the broker refused this user', remedy: 'ask for an ACL' });
const off = mode === 'clock' ? 60_000_000_000n : 0n;
say({ type: 'ready', nowNs: String(process.hrtime.bigint() + off) });
let sent = 0;
if (spec.warmup !== null) {
  const start = await hear();
  if (start === null) process.exit(0);
  sent += spec.warmup.records ?? 10;
  say({ type: 'done', phase: 'warmup', ...(mode === 'renumbers' ? { sent: 40 } : {}) });
}
const start = await hear();
if (start === null) process.exit(0);
if (mode === 'killed') process.kill(process.pid, 'SIGKILL');
if (mode === 'hangs') await hang();
const open = spec.due !== null;
let records = spec.measured.records ?? 1000;
if (mode === 'until-stopped') {
  for (let told = 0; ; told += 10) {
    say({ type: 'progress', sent: told, acked: told, failed: 0 });
    const heard = await Promise.race([hear(), new Promise((r) => setTimeout(() => r(0), 50))]);
    records = told;
    if (heard === null) break;
  }
}
say({ type: 'progress', sent: records, acked: records, failed: 0 });
const counted = mode === 'miscounts' ? records + 1 : records;
const times = (micros) => (records === 0 ? null : histogram(counted, micros));
const interval = { type: 'interval', index: 0, durationMs: 1000, errors: {} };
say({ ...interval, sent: records, acked: records, failed: 0, histogram: histogram(records, 2000) });
if (spec.audit !== null && mode !== 'no-outcomes')
  writeFileSync(spec.audit.outcomes, Buffer.alloc(sent + records, mode === 'denies' ? 3 : 1));
say({
  type: 'result',
  ...{ sent: records, acked: records, failed: 0, valueBytes: 100 * records },
  ...{ firstAckMs: 1, lastAckMs: 900, lastSentMs: 899, endedMs: 900, blockedMs: 0 },
  histograms: {
    response: open ? times(2000) : null,
    service: times(1500),
    delay: open ? times(500) : null,
  },
  totals: { requests: 10 },
});
if (mode === 'never-ends') await hang();
while ((await hear()) !== null);
process.exit(0);
