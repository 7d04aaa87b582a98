// What key.serializer, value.serializer, partitioner.class and interceptor.classes may hold: Java's
// name of something built in, or the path of a module. Pure; asked when settings are checked
// (config-rules.ts) and when they are loaded (user-code.ts).
import { isModulePath } from '../../connect/index.js';
import { BUILT_IN_SERIALIZERS, builtInName, shortName } from './serializer-names.js';

export interface NameRefusal {
  readonly message: string;
  readonly remedy: string;
}

const PRODUCER_PACKAGE = 'org.apache.kafka.clients.producer.';
const MODULE =
  'or the path of a JavaScript module (./name.mjs) whose default export is it; ' +
  "kbench's core cannot load Java classes";

export function isRoundRobin(name: string): boolean {
  return shortName(name, PRODUCER_PACKAGE) === 'RoundRobinPartitioner';
}

/** The paths of interceptor.classes. */
export function interceptorNames(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

export function serializerRefusal(name: string): NameRefusal | null {
  if (isModulePath(name) || builtInName(name) !== null) return null;
  return {
    message: `${JSON.stringify(name)} is not a serializer that kbench has`,
    remedy: `set it to one of ${BUILT_IN_SERIALIZERS.join(', ')}, ${MODULE}`,
  };
}

export function partitionerRefusal(name: string): NameRefusal | null {
  if (isModulePath(name) || isRoundRobin(name)) return null;
  const message = `${JSON.stringify(name)} is not a partitioner that kbench has`;
  // Java's own until 3.x; its 4.x does not have them either.
  if (/(?:^|\.)UniformStickyPartitioner$/.test(name)) {
    return {
      message,
      remedy: 'leave it out and set partitioner.ignore.keys: true, which does the same',
    };
  }
  if (/(?:^|\.)DefaultPartitioner$/.test(name)) {
    return { message, remedy: 'leave it out: the default partitioner takes its place' };
  }
  return { message, remedy: `set it to RoundRobinPartitioner, ${MODULE}` };
}

export function interceptorRefusal(list: string): NameRefusal | null {
  const bad = interceptorNames(list).find((name) => !isModulePath(name));
  if (bad === undefined) return null;
  return {
    message: `${JSON.stringify(bad)} is not an interceptor that kbench has`,
    remedy: `give ${MODULE.slice(3)}`,
  };
}
