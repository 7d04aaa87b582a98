// A serializer as many have it: an object, written as JSON.
// @ts-check

let number = 0;

/** @type {import('kbench/producer-core').Serializer<Uint8Array>} */
export default {
  serialize(_topic, data) {
    const order = { id: number++, customer: 'customer-1', bytes: data?.length ?? 0, open: true };
    return Buffer.from(JSON.stringify(order));
  },
};
