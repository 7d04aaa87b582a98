// The door to Kafka's bytes: reading, writing, frames, messages. Tables of APIs have doors of their
// own in apis/, decompression in codecs/.
export {
  baseSequence,
  BATCH,
  baseTimestamp,
  CODEC_MASK,
  codecOf,
  hasLogAppendTime,
  int64At,
  isControl,
  isTransactional,
  lastOffsetDelta,
  LENGTH_OVERHEAD,
  LOG_APPEND_TIME,
  maxTimestamp,
  producerEpoch,
  producerId,
  recordCount,
  totalBytes,
  writeInt64At,
} from './batch-layout.js';
export { crc32c, crc32cRegister, makeCrc32cInJavaScript } from './crc32c.js';
export {
  FrameMemory,
  FrameReader,
  MAX_HANDSHAKE_ANSWER_BYTES,
  MAX_UNFINISHED_BYTES,
} from './frame-reader.js';
export {
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  MAX_FRAME_BYTES,
  type RequestHeader,
} from './frame.js';
export { leadersResponse, type LeadersResponse } from './leaders-response.js';
export { type Decoded, decodeMessage, encodeMessage, isFlexible, type Message } from './message.js';
export { WireReader } from './wire-reader.js';
export {
  uvarintBytes,
  varintBytes,
  varlongBytes,
  writeLength,
  writeUvarint,
  writeVarlong,
} from './varint.js';
export { WireError } from './wire-error.js';
export { WireWriter } from './wire-writer.js';
