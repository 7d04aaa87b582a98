// The front door of the reader: a low-level consumer. Partitions are assigned by hand, offsets are
// the caller's, there are no groups and nothing is committed. It reads what is in the log, told
// record by record without an object for each. Used by the audit and by consumers.
export { openReader } from './reader.js';
export type {
  Assignment,
  FetchSettings,
  Isolation,
  Reader,
  ReaderOptions,
  ReadOptions,
  RecordVisitor,
} from './reader-types.js';
export { ReaderError } from './reader-error.js';
