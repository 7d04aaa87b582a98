// One setting of Java's producer as JSON Schema, from its row in the core's table. Used by
// fields.ts; pure.
import {
  isSecretSetting,
  type ProducerSetting,
  type SettingValue,
  WHOLE_REFERENCE,
} from '../../connect/security/index.js';
import { msSchema, SCALAR, sizeSchema, type JsonSchema, type Range } from './json-schema.js';

/** Numbers and booleans may also be text, as in a properties file. */
export function producerSchema(setting: ProducerSetting): JsonSchema {
  const { default: preset } = setting;
  return { ...valueSchema(setting), ...(preset === null ? {} : { default: preset }) };
}

function valueSchema(setting: ProducerSetting): JsonSchema {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, except } = setting;
  const range: Range = [min, max];
  const [minimum, maximum] = range;
  switch (setting.type) {
    case 'boolean':
      return { enum: chosen(setting, [true, false]).flatMap((each) => [each, String(each)]) };
    case 'enum':
      return enumSchema(setting);
    case 'bytes':
      return sizeSchema(range);
    case 'ms':
      return msSchema(range);
    case 'int':
      return {
        anyOf: [
          {
            type: 'integer',
            minimum,
            maximum,
            ...(except === undefined ? {} : { not: { enum: except } }),
          },
          { type: 'string', pattern: '^\\s*[+-]?\\d+\\s*$' },
        ],
      };
    case 'double':
      return {
        anyOf: [
          { type: 'number', minimum, maximum },
          { type: 'string', pattern: '^\\s*[+-]?[\\d.]+(?:[eE][+-]?\\d+)?\\s*$' },
        ],
      };
    case 'string':
    case 'list':
    case 'password':
      return textSchema(setting);
  }
}

/** What may be set: all, or where the core does not do it, what it does anyway. */
function chosen(
  setting: ProducerSetting,
  values: readonly SettingValue[],
): readonly SettingValue[] {
  if (setting.implemented) return values;
  return setting.accepts ?? (setting.default === null ? [] : [setting.default]);
}

/** `acks: 0` is a number to YAML. */
function enumSchema(setting: ProducerSetting): JsonSchema {
  const values = chosen(setting, setting.values!);
  const numbers = values.filter((each) => /^-?\d+$/.test(String(each))).map(Number);
  if (setting.caseless !== true) return { enum: [...values, ...numbers] };
  const anyCase = (word: string) =>
    word.replaceAll(/[a-z]/gi, (each) => `[${each.toUpperCase()}${each.toLowerCase()}]`);
  const pattern = `^\\s*(?:${values.map((each) => anyCase(String(each))).join('|')})\\s*$`;
  return { anyOf: [{ enum: values }, { type: 'string', pattern }] };
}

function textSchema(setting: ProducerSetting): JsonSchema {
  if (isSecretSetting(setting.name) && setting.name !== 'sasl.jaas.config') {
    return { type: 'string', pattern: WHOLE_REFERENCE.source };
  }
  const values = chosen(setting, []);
  return setting.implemented || values.length === 0 ? SCALAR : { enum: values };
}
