// A setting that only brokers know (of a topic, of a broker): its unit follows from its name's
// ending, and what else it may be, the broker says. Called by fields.ts and target/kafka-fields.ts.
import { parseBytes } from '../../base/units.js';
import { msSchema, SCALAR, sizeSchema } from '../schema/json-schema.js';
import { refuse, scalarOf, type Field } from './field.js';
import { wholeMs } from './number-kinds.js';

export function brokersOwnField(path: string, doc: string): Field {
  const unit = path.endsWith('.ms') ? 'ms' : path.endsWith('.bytes') ? 'bytes' : 'none';
  return {
    ...{ path, unit, doc, schema: SCHEMAS[unit] },
    read(node) {
      const scalar = scalarOf(node);
      if (!scalar.ok || unit === 'none') return scalar;
      if (typeof scalar.value === 'boolean')
        return refuse(`${scalar.value} is not a number`, 'write a number');
      return unit === 'bytes' ? parseBytes(scalar.value) : wholeMs(scalar.value);
    },
  };
}

const SCHEMAS = {
  ms: msSchema([-1, Number.MAX_SAFE_INTEGER]),
  bytes: sizeSchema([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]),
  none: SCALAR,
} as const;
