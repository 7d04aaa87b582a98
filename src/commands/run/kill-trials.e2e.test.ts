import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// All points, kills at random moments, an external cluster and real Kafka: `npm run soak --
// --crash-points TARGET`, `--kills n --on TARGET`.
it('a sweep killed at any step leaves nothing that the next start does not mend', async () => {
  const soak = fileURLToPath(new URL('../../../scripts/soak.mjs', import.meta.url));
  const args = [soak, '--crash-points', 'embedded', '--points', '6', '--repeats', '1'];
  const child = spawn(process.execPath, args, {
    timeout: 110_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(said).toContain('6 trials, 0 failed');
}, 120_000);
