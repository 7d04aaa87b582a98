// What must be said beside a comparison's figures: what was left out, what could not be told and
// what to do about it, and what besides the product may have moved. Plain text, one note an entry;
// every format prints all of them. Called by comparison.ts.
import type {
  Comparison,
  ComparedPair,
  Contender,
  EnvironmentDifference,
} from '../../contract/comparison.js';
import { CPU } from '../model/cpu-figures.js';
import { untilOf } from '../model/acknowledgement.js';
import { listed, percent, plural, printable } from '../text/format.js';
import type { Note } from '../notes/note.js';
import { median } from '../statistics/quantity.js';
import type { Results } from '../results/read-results.js';
import { leastRuns } from '../statistics/judge.js';
import { smallestP } from '../statistics/mann-whitney.js';
import { collectReasons, isCounted, reasonsOfRun, wordingOf } from '../notes/verdicts.js';
import { changeText, figure, pairLabel, signedPercent, sideTitle } from './cell-text.js';
import { auditNotes } from './compared-audits.js';
import { driftOf } from './drift.js';

/** Of intervals. */
const CONFIDENCE = 0.95;
const MANY_HOURS = 1;
const MANY_LEFT_OUT = 0.2;

export function comparisonNotes(
  comparison: Comparison,
  base: Results,
  nexts: readonly Results[],
): Note[] {
  return [
    ...gateNote(comparison),
    ...tooFewNotes(comparison),
    ...undecidedNotes(comparison),
    methodNote(comparison),
    ...oppositeNotes(comparison),
    ...comparison.contenders.flatMap((contender, i) => [
      ...lostNotes(contender),
      ...unmatchedNotes(contender),
      ...environmentNotes(contender),
      ...(nexts[i].dir === base.dir && contender.canary === null
        ? []
        : canaryNotes(contender, comparison)),
      ...timeNotes(comparison, contender, base, nexts[i]),
      ...writtenNotes(contender, base, nexts[i]),
      ...auditNotes(contender, base, nexts[i]),
    ]),
    ...resultNotes(base, nexts[0].dir === base.dir ? 'base and new' : 'base'),
    ...nexts.flatMap((next, i) =>
      next.dir === base.dir ? [] : resultNotes(next, comparison.contenders[i].side.role),
    ),
    ...loopNotes(comparison),
    ...pacingNotes(comparison),
  ];
}

const care = (text: string): Note => ({ tone: 'care', text });
const bad = (text: string): Note => ({ tone: 'bad', text });
const plain = (text: string): Note => ({ tone: 'plain', text });

function gateNote(comparison: Comparison): Note[] {
  const { gate, alpha } = comparison;
  if (gate.failOn === 'never') return [];
  if (gate.failed)
    return [bad(`--fail-on ${gate.failOn}: failed (${gate.reasons.join(', ')}). Exit code 99.`)];
  const sizes = testedSizes(comparison);
  const blind = sizes.every(([m, n]) => smallestP(m, n) >= alpha);
  return blind
    ? [bad(`--fail-on ${gate.failOn}: passed, but it could not have failed: too few valid runs.`)]
    : [plain(`--fail-on ${gate.failOn}: passed.`)];
}

/** An open loop's CPU is mostly its pacing's, which hides what the producer's came to. */
function pacingNotes(comparison: Comparison): Note[] {
  const asked = pairsOf(comparison).filter(({ cells }) =>
    cells.some(({ metric }) => metric === CPU),
  );
  const withIt = asked.filter(({ cpuWithPacing }) => cpuWithPacing === true).length;
  if (withIt === 0) return [];
  const where =
    withIt === asked.length ? '' : ` at ${withIt} of ${plural(asked.length, 'pair')} of points`;
  return [
    care(
      `CPU us/record${where} is compared with the pacing's CPU on both sides, as one side ` +
        'does not tell it apart (an older kbench, or no CPU per thread): it says little of ' +
        "the producer. Measure both sides with this version to compare the producer's alone.",
    ),
  ];
}

const pairsOf = ({ contenders }: Comparison): ComparedPair[] =>
  contenders.flatMap(({ pairs }) => pairs);

/** Valid runs of both sides, of every pair that was judged. */
const testedSizes = (comparison: Comparison): [number, number][] =>
  pairsOf(comparison).flatMap(({ runs, cells }): [number, number][] =>
    cells.some(({ p }) => p !== null) ? [[runs.base.valid, runs.next.valid]] : [],
  );

function tooFewNotes(comparison: Comparison): Note[] {
  const { tests, leastRuns: leastForOne, alpha } = comparison;
  const sizes = testedSizes(comparison);
  const never = sizes.filter(([m, n]) => smallestP(m, n) >= alpha);
  const notAlone = sizes.filter(
    ([m, n]) => smallestP(m, n) < alpha && smallestP(m, n) * tests >= alpha,
  ).length;
  const notes: Note[] = [];
  if (never.length > 0) {
    const [m, n] = never[0];
    const least = leastRuns(1, alpha);
    // Their widest interval covers what no smaller p can exclude.
    const same = smallestP(m, n) <= 1 - CONFIDENCE ? '' : ', nor can anything be called the same';
    const alone =
      leastForOne <= least
        ? ''
        : `, ${leastForOne} where one difference is to stand alone among ${plural(tests, 'test')}`;
    notes.push(
      bad(
        `Too few runs at ${never.length.toLocaleString('en-US')} of ` +
          `${plural(sizes.length, 'pair')} of points: ` +
          `with ${m} against ${n} valid runs no difference, however large, falls below ${alpha} ` +
          `(the least p there is ${smallestP(m, n).toPrecision(2)})${same}. ` +
          `It takes ${least} valid runs a side${alone}.`,
      ),
    );
  }
  if (notAlone > 0) {
    notes.push(
      care(
        `${plural(tests, 'test')} are corrected together: at ${alpha} a difference that ` +
          `stands alone among them needs ${leastForOne} valid runs a side to be told, ` +
          `and ${notAlone.toLocaleString('en-US')} of ${plural(sizes.length, 'pair')} ` +
          'of points have fewer. Differences that many figures show at once need fewer runs; ' +
          'so does a comparison of fewer metrics (--metric).',
      ),
    );
  }
  return notes;
}

function undecidedNotes(comparison: Comparison): Note[] {
  const cells = pairsOf(comparison).flatMap((pair) =>
    pair.cells.flatMap((cell) =>
      cell.verdict === 'collect-more' ? [{ cell, runs: pair.runs }] : [],
    ),
  );
  if (cells.length === 0) return [];
  const asked = cells.flatMap(({ cell }) => cell.moreRuns ?? []).sort((a, b) => a - b);
  const noisy = cells.length - asked.length;
  const repeats = cells
    .flatMap(({ cell, runs }) =>
      cell.moreRuns === null ? [] : [cell.moreRuns + Math.min(runs.base.valid, runs.next.valid)],
    )
    .sort((a, b) => a - b);
  const parts = [
    `${plural(cells.length, 'figure')} undecided (collect more): ` +
      `neither told from chance nor shown to lie within ${percent(comparison.margin)}.`,
  ];
  if (asked.length > 0) {
    const range = asked[0] === asked.at(-1) ? `${asked[0]}` : `${asked[0]} to ${asked.at(-1)!}`;
    parts.push(
      `Settled in about four of five cases by ${range} more runs a side: ` +
        `half of them with repeats: ${Math.ceil(median(repeats)!)}, ` +
        `all with repeats: ${repeats.at(-1)!}.`,
    );
  }
  if (noisy > 0) {
    const which = `${plural(noisy, 'figure')} would need more than 200 runs: `;
    parts.push(
      (asked.length === 0 ? '' : which) +
        'longer runs, a quieter machine or a larger --margin help where more runs do not.',
    );
  }
  parts.push(
    'Deciding to look again is one more chance of a false alarm: ' +
      'if two looks are planned use --alpha 0.029, for three 0.022 (Pocock).',
  );
  return [care(parts.join(' '))];
}

function methodNote({ tests, alpha, margin }: Comparison): Note {
  return plain(
    "Base and new are medians over each side's runs. " +
      'Each change is the Hodges-Lehmann ratio, the median over all pairs of runs, ' +
      'with its 95 % interval (each interval by itself, not corrected). ' +
      'Different: exact Mann-Whitney, ' +
      `Benjamini-Hochberg over ${plural(tests, 'test')}, ${alpha}. ` +
      `Same: the interval lies within ${signedPercent(-margin)} and ${signedPercent(margin)}.`,
  );
}

/**
 * Medians that went one way and a change that went the other: both are right, and only one is
 * judged.
 */
function oppositeNotes({ contenders, metrics }: Comparison): Note[] {
  const labels = new Map(metrics.map(({ name, label }) => [name, label]));
  const found = contenders.flatMap(({ pairs }) =>
    pairs.flatMap((pair) =>
      pair.cells.flatMap((cell) => {
        const [before, after] = [cell.base.median, cell.next.median];
        if (before === null || after === null || cell.change === null) return [];
        if ((after - before) * cell.change.estimate >= 0) return [];
        const medians = `${figure(before)} -> ${figure(after)}, change ${changeText(cell)}`;
        return [`${pairLabel(pair)} ${labels.get(cell.metric) ?? cell.metric}: ${medians}`];
      }),
    ),
  );
  if (found.length === 0) return [];
  return [
    plain(
      `At ${plural(found.length, 'figure')} the medians and the change point to ` +
        `opposite sides (${listed(found, 3)}): two estimates over the same runs. ` +
        'What is judged is the change.',
    ),
  ];
}

function lostNotes({ pairs, side }: Contender): Note[] {
  const lost = pairs.filter(({ runs }) => runs.base.valid > 0 && runs.next.valid === 0);
  const byMachine = ({ cells }: ComparedPair): boolean =>
    cells.some(({ verdict }) => verdict === 'cannot-tell');
  const told = (found: readonly ComparedPair[]): string => {
    const each = found.map(
      ({ next, runs }) =>
        `${printable(next, 24)}: ${runs.next.made} made, ${runs.next.failed} failed`,
    );
    return (
      `${side.role.toUpperCase()} has no valid run at ${plural(found.length, 'point')} ` +
      `that BASE measured (${listed(each, 5)})`
    );
  };
  const [machines, others] = [lost.filter(byMachine), lost.filter((pair) => !byMachine(pair))];
  const notes: Note[] = [];
  if (others.length > 0) {
    notes.push(bad(`${told(others)}: nothing can be said there, and --fail-on regression fails.`));
  }
  if (machines.length > 0) {
    const why =
      'the machine that kbench ran on was the reason each time, ' +
      'so nothing can be said of the product';
    notes.push(
      bad(
        `${told(machines)}: ${why}. Run NEW again on a quiet machine; --fail-on cannot-tell fails.`,
      ),
    );
  }
  return notes;
}

function unmatchedNotes({ unmatched, side }: Contender): Note[] {
  return (['base', 'next'] as const).flatMap((which) => {
    const points = unmatched[which];
    if (points.length === 0) return [];
    const [here, there] =
      which === 'base' ? ['BASE', side.role.toUpperCase()] : [side.role.toUpperCase(), 'BASE'];
    const told = points.map(({ point, why }) => `${printable(point, 24)} (${why})`);
    return [
      care(
        `${plural(points.length, 'point')} of ${here} without a partner in ${there}, ` +
          `not compared: ${listed(told, 3)}.`,
      ),
    ];
  });
}

const toldOf = ({ environment }: Contender, kind: EnvironmentDifference['kind']): string[] =>
  environment
    .filter((each) => each.kind === kind)
    .map(({ what, base, next }) => `${what} ${base} -> ${next}`);

function environmentNotes(contender: Contender): Note[] {
  const asked = toldOf(contender, 'asked');
  const role = contender.side.role.toUpperCase();
  const across = plain(`Compared across (BASE -> ${role}): ${listed(asked, 12)}.`);
  return [...(asked.length > 0 ? [across] : []), ...unlikeNotes(contender)];
}

/** How the two sides differ besides what was asked; formats without notes tell this too. */
export function unlikeNotes(contender: Contender): Note[] {
  const role = contender.side.role.toUpperCase();
  const [unlike, unknown] = [toldOf(contender, 'unlike'), toldOf(contender, 'unknown')];
  const notes: Note[] = [];
  if (unlike.length > 0) {
    notes.push(
      care(
        `BASE and ${role} were not made alike: ${listed(unlike, 12)}. ` +
          'Whatever of this was not meant to differ may be the cause.',
      ),
    );
  }
  if (unknown.length > 0) {
    notes.push(
      care(
        `Whether BASE and ${role} were alike in this is not known, ` +
          'as one of them was written by a ' +
          `version that did not record it: ${listed(unknown, 12)}.`,
      ),
    );
  }
  return notes;
}

function canaryNotes(
  { canary, canaryMissing, side, pairs }: Contender,
  { counts }: Comparison,
): Note[] {
  const role = side.role.toUpperCase();
  if (canary === null) {
    return [
      care(
        `Machine: ${canaryMissing ?? 'no canary'}, ` +
          'so a slow machine cannot be told from a slow product.',
      ),
    ];
  }
  const names = { cpuMs: 'CPU loop', sinkRecordsPerSecond: 'no-op load' } as const;
  const moved = canary.filter(({ verdict }) => verdict === 'slower' || verdict === 'faster');
  const told = (parts: typeof canary): string =>
    parts
      .map(({ part, verdict, slower }) => {
        const by =
          slower === null
            ? ''
            : ` (time ${signedPercent(slower.estimate)}, ` +
              `${signedPercent(slower.low)} to ${signedPercent(slower.high)})`;
        return `${names[part]} ${verdict === 'collect-more' ? 'no difference told' : verdict}${by}`;
      })
      .join(', ');
  if (moved.length === 0)
    return [plain(`Machine, by the canaries beside the runs: ${told(canary)}.`)];
  const faster = moved.every(({ verdict }) => verdict === 'faster');
  const pace = faster ? 'was faster than' : 'was not as fast as';
  const notes = [
    care(`The machine of ${role} ${pace} that of BASE, by the canaries: ${told(canary)}.`),
  ];
  if (counts['machine-changed'] > 0) {
    const figures = pairs.flatMap(({ cells }) =>
      cells.filter(({ verdict }) => verdict === 'machine-changed'),
    ).length;
    notes.push(
      care(
        `${plural(figures, 'figure')} moved the same way and at most twice as much: ` +
          'the machine changed, not (or not only) the product. ' +
          'Run both again, side by side, before you conclude anything.',
      ),
    );
  }
  const same = pairs.some(({ cells }) => cells.some(({ verdict }) => verdict === 'same'));
  if (same)
    notes.push(care('What stayed the same on such a machine may have changed as a product.'));
  return notes;
}

function timeNotes(
  comparison: Comparison,
  { side }: Contender,
  base: Results,
  next: Results,
): Note[] {
  if (base.dir === next.dir) {
    return comparison.across.length > 0
      ? [
          plain(
            'Both sides are of one sweep, their runs interleaved: ' +
              'a drift of the machine falls on both alike.',
          ),
        ]
      : [bad('BASE and NEW are the same folder: this compares runs with themselves.')];
  }
  const role = side.role.toUpperCase();
  if (base.runs.length > 0 && sameRuns(base, next))
    return [bad(`BASE and ${role} hold the very same runs: one is a copy of the other.`)];
  const start = (text: string | null): number => (text === null ? NaN : Date.parse(text));
  const gapHours = Math.abs(start(side.startedAt) - start(comparison.base.startedAt)) / 3_600_000;
  const apart =
    Number.isNaN(gapHours) || gapHours < MANY_HOURS ? '' : ` (${spanText(gapHours)} apart)`;
  return [
    plain(
      `BASE and ${role} ran one after the other${apart}, not interleaved: ` +
        'what else changed in between (other load, a warmer machine, a fuller disk) reads as a ' +
        'change of the product. Runs of one sweep, compared with --across, are free of that.',
    ),
  ];
}

/**
 * With acks=0 a latency is the time until the socket took the records, and no other kind of time.
 */
function writtenNotes({ pairs, side }: Contender, base: Results, next: Results): Note[] {
  const writtenOf = ({ plan }: Results): Set<string> =>
    new Set(plan.points.flatMap((point) => (untilOf(point) === 'written' ? point.id : [])));
  const [before, after] = [writtenOf(base), writtenOf(next)];
  const both = pairs.filter((pair) => before.has(pair.base) && after.has(pair.next)).length;
  const one = pairs.filter((pair) => before.has(pair.base) !== after.has(pair.next)).length;
  const what =
    'no answer is asked for, so latency is the time until records were written to the socket';
  const role = side.role.toUpperCase();
  return [
    ...(both > 0 ? [plain(`acks=0 at ${plural(both, 'pair')}: ${what}.`)] : []),
    ...(one > 0
      ? [
          care(
            `acks=0 on one side of ${plural(one, 'pair')} (BASE or ${role}): ` +
              `${what} there, and until they ` +
              'were acknowledged on the other. Latencies of the two are not the same thing.',
          ),
        ]
      : []),
  ];
}

const sameRuns = (base: Results, next: Results): boolean =>
  base.runs.length === next.runs.length &&
  base.runs.every((run, i) => {
    const other = next.runs[i];
    const rate = ({ measurement }: Results['runs'][number]) =>
      measurement?.throughput.recordsPerSecond;
    return (
      run.startedAt === other.startedAt && run.seed === other.seed && rate(run) === rate(other)
    );
  });

const spanText = (hours: number): string =>
  hours >= 48 ? `${Math.round(hours / 24)} days` : `${hours.toFixed(hours < 10 ? 1 : 0)} h`;

function resultNotes(
  { runs, plan, skipped, environment, name, dir }: Results,
  role: string,
): Note[] {
  const notes: Note[] = [];
  const title = sideTitle({ role, name, dir });
  const uncounted = runs.filter((run) => !isCounted(run));
  if (uncounted.length > 0) {
    const reasons = collectReasons(uncounted).filter(({ severity }) => severity !== 'warning');
    const causes = [...new Set(reasons.map(({ code }) => code))].map((code) => {
      const having = uncounted.filter((run) =>
        reasonsOfRun(run).some((reason) => reason.code === code),
      );
      return `${wordingOf(code).label} ${having.length}`;
    });
    const selection =
      uncounted.length > MANY_LEFT_OUT * runs.length
        ? ' What remains is a selection, which may read better than the whole: ' +
          'mend the cause before you compare.'
        : '';
    notes.push(
      care(
        `${title}: ${uncounted.length} of ${plural(runs.length, 'run')} ` +
          `left out as invalid or failed (${listed(causes)}).${selection}`,
      ),
    );
  }
  const stopped = runs.filter(({ status }) => status === 'stopped').length;
  if (stopped > 0)
    notes.push(
      care(
        `${title}: ${plural(stopped, 'run')} ended early by the user; what they measured counts.`,
      ),
    );
  const missing =
    plan.runs.length - runs.length - skipped.filter(({ path }) => path?.startsWith('runs/')).length;
  if (missing > 0)
    notes.push(care(`${title}: ${missing} of ${plural(plan.runs.length, 'planned run')} missing.`));
  for (const { message } of skipped.slice(0, 5))
    notes.push(bad(`${title}: left out: ${printable(message)}.`));
  if (skipped.length > 5)
    notes.push(bad(`${title}: ${plural(skipped.length - 5, 'more file')} left out.`));
  const drift = driftOf(runs);
  if (drift.length > 0) {
    const told = drift
      .map(({ metric, change }) => `${metric.label} ${signedPercent(change)}`)
      .join(', ');
    notes.push(
      care(
        `${title}: changed while it ran, from the first half of its runs to the second: ` +
          `${told}. Against another sweep such drift reads as a difference, or hides one.`,
      ),
    );
  }
  if (environment?.target.kind === 'embedded') {
    notes.push(care(`${title}: target embedded: these figures describe kbench, not Kafka.`));
  }
  return notes;
}

function loopNotes(comparison: Comparison): Note[] {
  const pairs = pairsOf(comparison);
  const notes: Note[] = [];
  const open = pairs.filter(({ loop }) => loop === 'open').length;
  if (open > 0) {
    notes.push(
      plain(
        `Open loop at ${open === pairs.length ? 'all' : open} ` +
          `of ${plural(pairs.length, 'pair')}: ` +
          'latency is response time, and throughput is the rate asked for as long as it is met ' +
          '(a run that misses it is invalid), so it is compared only if --metric names it.',
      ),
    );
  }
  const mixed = pairs.filter(({ loop }) => loop === 'mixed').length;
  if (mixed > 0) {
    notes.push(
      care(
        `${plural(mixed, 'pair')} of an open loop and a closed one: latency is service time ` +
          "on both sides, and throughput is not compared, as one side's is the rate asked for. " +
          'The two loads are not alike: read the figures as such.',
      ),
    );
  }
  if (open + mixed < pairs.length) {
    notes.push(
      plain(
        'Closed loop (rate: max): latency is service time and follows from ' +
          'throughput and buffering, so the two are one finding, not two.',
      ),
    );
  }
  return notes;
}
