// An interceptor of one's own, as `interceptor.classes` names it: adds a header to each record and
// counts what becomes of them.
// @ts-check

/**
 * @typedef {import('kbench/producer-core').ProducerInterceptor} ProducerInterceptor
 * @implements {ProducerInterceptor}
 */
export default class Stamp {
  acknowledged = 0;
  failed = 0;

  /** @param {import('kbench/producer-core').ProducerRecord} record */
  onSend(record) {
    const headers = [...(record.headers ?? []), { key: 'sent-by', value: Buffer.from('stamp') }];
    return { ...record, headers };
  }

  /**
   * @param {import('kbench/producer-core').RecordMetadata} _metadata
   * @param {Error | null} error
   */
  onAcknowledgement(_metadata, error) {
    if (error === null) this.acknowledged++;
    else this.failed++;
  }

  close() {
    console.log(`interceptor: ${this.acknowledged} acknowledged, ${this.failed} failed`);
  }
}
