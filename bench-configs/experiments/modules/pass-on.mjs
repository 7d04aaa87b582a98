// An interceptor that does nothing: what is left is the price of being asked.
// @ts-check

/** @type {import('kbench/producer-core').ProducerInterceptor} */
export default {
  onSend(record) {
    return record;
  },
  onAcknowledgement() {},
};
