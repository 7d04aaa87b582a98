// Gates with abortOnFail, looked at after each run: the first that a point fails ends the sweep.
// Called by execute through run-sweep.
import type { Plan } from '../contract/plan.js';
import type { Threshold } from '../contract/threshold.js';
import { appliesTo, evaluate, outcomeText } from '../report/model/gates/gate-outcomes.js';
import type { RunLedger } from './run-ledger.js';

export interface GateAbort {
  readonly point: string;
  readonly gate: string;
  /** `23.4 ms, 17 % above 20 ms after 2 valid runs`. */
  readonly text: string;
}

export class GateWatch {
  /** Failed before this session began: whoever resumes has seen it, and asks for the rest. */
  private readonly known = new Set<string>();
  private readonly gates: readonly Threshold[];

  /** The ledger holds what earlier sessions made. */
  constructor(
    private readonly plan: Pick<Plan, 'thresholds' | 'points'>,
    private readonly ledger: RunLedger,
  ) {
    this.gates = plan.thresholds.filter(({ abortOnFail }) => abortOnFail);
    if (this.gates.length === 0) return;
    for (const { id } of plan.points)
      for (const gate of this.failing(id)) this.known.add(keyOf(gate, id));
  }

  /**
   * The gate that the point fails now, if it is to end the sweep. The point's last run is in the
   * ledger already.
   */
  check(id: string): GateAbort | null {
    const gate = this.failing(id).find((each) => !this.known.has(keyOf(each, id)));
    if (gate === undefined) return null;
    const summary = this.ledger.summaryOf(id);
    const runs = `${summary.valid} valid run${summary.valid === 1 ? '' : 's'}`;
    return {
      point: id,
      gate: gate.text,
      text: `${outcomeText(evaluate(gate, summary))}, after ${runs}`,
    };
  }

  /** Only with a figure: a run that is not valid says nothing of the product. */
  private failing(id: string): Threshold[] {
    if (this.gates.length === 0) return [];
    const { config } = this.plan.points.find((point) => point.id === id)!;
    const own = this.gates.filter((gate) => appliesTo(gate, config));
    if (own.length === 0) return [];
    const summary = this.ledger.summaryOf(id);
    return own.filter((gate) => {
      if (summary.valid < gate.delayAbortEvalRuns) return false;
      const { value, passed } = evaluate(gate, summary);
      return value !== null && !passed;
    });
  }
}

const keyOf = ({ text }: Threshold, point: string): string => `${point} ${text}`;
