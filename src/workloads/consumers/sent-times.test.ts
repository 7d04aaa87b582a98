import { describe, expect, it } from 'vitest';
import { createSentTimes, SentTimesReader, SentTimesWriter } from './sent-times.js';

describe('sent times', () => {
  it('are found by number, each worker’s apart, in any order', () => {
    const buffer = createSentTimes(2);
    const [first, second] = [new SentTimesWriter(buffer, 0), new SentTimesWriter(buffer, 1)];
    const reader = new SentTimesReader(buffer, 2);
    expect(reader.at(0, 0)).toBeNaN();
    for (let chunk = 0; chunk < 100; chunk++) {
      first.note(chunk * 64, 1000 + chunk);
      second.note(chunk * 10, 2000 + chunk);
    }
    for (const record of [0, 63, 64, 3200, 65, 6399, 9999, 1])
      expect(reader.at(0, record)).toBe(1000 + Math.min(99, Math.floor(record / 64)));
    expect(reader.at(1, 995)).toBe(2099);
    expect(reader.at(1, 5)).toBe(2000);
  });

  it('take the later of two notes of one record: the first time it was not taken', () => {
    const buffer = createSentTimes(1);
    const writer = new SentTimesWriter(buffer, 0);
    const reader = new SentTimesReader(buffer, 1);
    for (const atMs of [1, 2, 3]) writer.note(64, atMs);
    expect(reader.at(0, 64)).toBe(3);
    writer.note(128, 4);
    expect(reader.at(0, 70)).toBe(3);
  });

  it('are forgotten, and said to be, once a million newer ones are kept', () => {
    const buffer = createSentTimes(1);
    const writer = new SentTimesWriter(buffer, 0);
    const reader = new SentTimesReader(buffer, 1);
    const notes = (1 << 20) + 5000;
    for (let note = 0; note < notes; note++) writer.note(note, note);
    expect(reader.at(0, 100)).toBeNaN();
    expect(reader.at(0, notes - 1)).toBe(notes - 1);
    expect(reader.at(0, notes - 1_000_000)).toBe(notes - 1_000_000);
  });
});
