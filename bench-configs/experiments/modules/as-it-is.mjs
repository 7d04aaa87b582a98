// A serializer that hands the bytes on: what is left is the price of being asked.
// @ts-check

/** @type {import('kbench/producer-core').Serializer<Uint8Array>} */
export default {
  serialize(_topic, data) {
    return data;
  },
};
