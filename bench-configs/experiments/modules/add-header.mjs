// An interceptor that adds a header, as those for tracing do.
// @ts-check

const HEADER = { key: 'trace', value: Buffer.from('00-0af7651916cd43dd8448eb211c80319c') };

/** @type {import('kbench/producer-core').ProducerInterceptor} */
export default {
  onSend(record) {
    return { ...record, headers: [...(record.headers ?? []), HEADER] };
  },
};
