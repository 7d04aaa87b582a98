import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { estimatePlan } from './text/estimate.js';
import { loadSweep } from './load-sweep.js';

describe('bench-configs', () => {
  const folder = path.join(import.meta.dirname, '../../bench-configs');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.yaml'),
  );

  it.each(files)(
    '%s is valid, warns of nothing, and says which question it answers',
    async (file) => {
      const sweep = await loadSweep(path.join(folder, file));
      expect(sweep.warnings).toEqual([]);
      expect(sweep.name).toBe(path.basename(file, '.yaml'));
      const [question, empty, command] = readFileSync(path.join(folder, file), 'utf8').split('\n');
      expect(question).toMatch(/^# .{20,}[?.]$/);
      expect(empty).toBe('#');
      expect(command).toContain(`npx kbench run bench-configs/${file}`);
      expect(estimatePlan(sweep.plan, sweep.target).seconds).toBeLessThan(10 * 60);
    },
  );

  it('has an open-loop quickstart that is thought to end within half a minute', async () => {
    const { plan, target } = await loadSweep(path.join(folder, 'quickstart.yaml'));
    expect(plan.points.every((point) => point.settings.workload.rate !== 'max')).toBe(true);
    expect(plan.points.length).toBeGreaterThanOrEqual(6);
    expect(plan.points.length).toBeLessThanOrEqual(8);
    expect(plan.runs.length).toBeGreaterThan(plan.points.length);
    expect(estimatePlan(plan, target).seconds).toBeLessThan(30);
  });
});
