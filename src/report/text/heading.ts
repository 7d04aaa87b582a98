// The lines above every report: which sweep, how much of it was made, where and with what it ran.
import { isUsable } from '../../contract/usable.js';
import { plural, printable, settingValue } from './format.js';
import type { Report } from '../model/report-model.js';

/** How much of the plan was made: the one wording of it, here and when a sweep ends. */
export function madeText({ results, planned, made, failed }: Report): string {
  const stopped = results.runs.filter(
    ({ status, measurement }) => status === 'stopped' && isUsable(measurement),
  );
  const whole = made - stopped.length;
  if (whole === planned) return `all ${plural(planned, 'run')} made`;
  const early = stopped.length > 0 ? `, ${stopped.length} ended early` : '';
  const lost = failed > 0 ? `, ${failed} failed` : '';
  return `${whole} of ${plural(planned, 'run')} made${early}${lost}`;
}

/** `name`, then what was run. One line, printable. */
export function sizeLine(report: Report): string {
  const { results, planned } = report;
  const { plan } = results;
  const added = planned - plan.points.length * plan.repeats;
  const more = added > 0 ? ` and ${plural(added, 'run')} more for precision` : '';
  const size = `${plural(plan.points.length, 'point')} x ${plural(plan.repeats, 'repeat')}${more}`;
  return `${size}, ${madeText(report)}`;
}

/** Label and value of what is known of the place; empty when environment.json is missing. */
export function environmentLines({ results }: Report): [label: string, value: string][] {
  const { environment } = results;
  if (environment === null) return [];
  const { target, cpu, git } = environment;
  const version = target.version === null ? '' : ` ${target.version}`;
  const broker = target.kind === 'embedded' ? 'embedded cluster' : `Kafka${version}`;
  const security = target.security === undefined ? '' : `, ${target.security}`;
  const settings = Object.entries(target.settings ?? {})
    .map(([name, value]) => `, ${name.replace(/Ms$/, '')} ${settingValue(name, value)}`)
    .join('');
  const lines: [string, string][] = [
    [
      'Target',
      `${broker}, ${plural(target.brokers, 'broker')} ` +
        `(${target.bootstrap.slice(0, 4).join(', ')})${security}${settings}`,
    ],
    [
      'Machine',
      `${cpu.model}, ${plural(cpu.cores, 'core')}, ` +
        `${Math.round(environment.memoryMiB).toLocaleString('en-US')} MiB`,
    ],
    ['Software', `kbench ${environment.kbench}, Node ${environment.node}, ${environment.os}`],
    ['Started', environment.startedAt],
  ];
  const measured = results.runs.filter(({ measurement }) => measurement !== null);
  const agents = new Set(measured.map((run) => run.agents?.length ?? 0));
  const [count = 0] = agents;
  if (agents.size === 1 && count > 0)
    lines.push(['Agents', `${plural(count, 'agent')} (each: --per agent)`]);
  if (git !== null)
    lines.push([
      'Git',
      git.revision.slice(0, 12) + (git.dirty ? ' with changes not committed' : ''),
    ]);
  return lines.map(([label, value]) => [label, printable(value, 160)]);
}

/** Which folder was taken, when several could be meant; null otherwise. */
export function choiceLine({ results }: Report): string | null {
  if (results.chosen === null) return null;
  const { from, among } = results.chosen;
  const which =
    among === 1 ? 'only results folder' : `newest of ${plural(among, 'results folder')}`;
  return `The ${which} below ${printable(from)}`;
}
