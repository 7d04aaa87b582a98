// Whether a saved run is one of the plan beside it: made for it, under its own number, at its
// point, with its settings. Asked for every run that is read, by reports and by --resume. Throws
// ReadTrouble, whose text names what does not fit.
import type { PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import { settingsHash } from '../../contract/settings-hash.js';
import type { Scalar } from '../../contract/settings.js';
import { listed, printable } from '../text/format.js';
import { ReadTrouble } from './read-trouble.js';
import type { SavedPlan } from './saved-plan.js';

const REMEDY = 'It was copied here from another folder: move it back.';

const foreign = (message: string, remedy = REMEDY): ReadTrouble =>
  new ReadTrouble(message, 'foreign', remedy);

export class PlanBinding {
  private readonly runs: ReadonlyMap<string, PlannedRun>;
  private readonly configs: ReadonlyMap<string, Readonly<Record<string, Scalar>>>;
  /** Made when first asked for: a plan may have thousands of points, and old runs carry none. */
  private readonly hashes = new Map<string, string>();
  private readonly settings: ReadonlyMap<string, object>;

  constructor(private readonly plan: SavedPlan) {
    this.runs = new Map(plan.runs.map((run) => [run.run, run]));
    this.configs = new Map(plan.points.map(({ id, config }) => [id, config]));
    this.settings = new Map(plan.points.map(({ id, settings }) => [id, settings]));
  }

  /** `name` is that of the file, in runs/. */
  check(name: string, run: RunResult): void {
    if (`${run.run}.json` !== name) {
      throw foreign(`holds run ${printable(run.run, 40)}, not the one that its name says`);
    }
    if (run.plan !== this.plan.id) {
      throw foreign(
        run.plan === undefined
          ? 'does not say which plan it was made for, and this one has an id'
          : 'belongs to another plan',
      );
    }
    this.checkPoint(run);
    const planned = this.runs.get(run.run);
    if (planned === undefined)
      throw foreign(`is run ${printable(run.run, 40)}, which the plan has not`);
    for (const key of ['point', 'repeat', 'block', 'seed'] as const) {
      if (run[key] === planned[key]) continue;
      throw foreign(
        `has the ${key} ${printable(String(run[key]), 40)}, ` +
          `where the plan has ${String(planned[key])}`,
      );
    }
  }

  private checkPoint(run: RunResult): void {
    const config = this.configs.get(run.point);
    if (config === undefined) {
      throw foreign(`belongs to the point ${printable(run.point, 40)}, which the plan has not`);
    }
    const names = new Set([...Object.keys(config), ...Object.keys(run.config)]);
    const other = [...names].filter((key) => config[key] !== run.config[key]);
    if (other.length > 0) {
      const settings = listed(other.map((key) => printable(key, 60)));
      throw foreign(`ran with other settings than its point in the plan (${settings})`);
    }
    const { settingsHash: own } = run;
    const planned = own === undefined ? undefined : this.hashOf(run.point);
    if (planned !== undefined && own !== planned) {
      throw foreign(
        'ran with other settings than its point in the plan',
        'Either was altered: plan.json, or this file. Restore it.',
      );
    }
  }

  /** Undefined where it is not known. */
  private hashOf(point: string): string | undefined {
    const settings = this.settings.get(point)!;
    // A plan that was rebuilt from its runs knows no settings.
    if (Object.keys(settings).length === 0) return this.plan.hashes?.get(point);
    const known = this.hashes.get(point) ?? settingsHash(settings);
    this.hashes.set(point, known);
    return known;
  }
}
