import { describe, expect, it } from 'vitest';
import { BufferPool, type Slot } from './buffer-pool.js';

const pool = (total = 1000, slot = 100, poison = false) =>
  new BufferPool(total, slot, 16, 3, poison);

function waiter(bytes: number, wake: () => void) {
  return { bytes, wake };
}

describe('buffer pool', () => {
  it('accounts pooled and other sizes as Java does (BufferPoolTest.testSimple)', () => {
    const p = pool(64 * 1024, 1024);
    const slot = p.allocate(1024)!;
    expect(slot.capacity).toBe(1024);
    expect(p.availableBytes).toBe(63 * 1024);
    p.release(slot);
    expect(p.availableBytes).toBe(64 * 1024);
    expect(p.allocate(1024)).toBe(slot);
    p.release(slot);
    const large = p.allocate(2 * 1024)!;
    expect(large.capacity).toBe(2 * 1024);
    expect(p.availableBytes).toBe(62 * 1024);
    p.release(large);
    expect(p.availableBytes).toBe(64 * 1024);
    expect(p.allocate(2 * 1024)).not.toBe(large);
  });

  it('refuses what it does not have, and takes pooled slots apart for what it has', () => {
    const p = pool(350);
    const slots = [p.allocate(100)!, p.allocate(100)!, p.allocate(100)!];
    expect(p.allocate(100)).toBeNull();
    expect(p.allocate(50)!.capacity).toBe(50);
    for (const slot of slots) p.release(slot);
    expect(p.availableBytes).toBe(300);
    expect(p.allocate(301)).toBeNull();
    const large = p.allocate(250)!;
    expect(p.availableBytes).toBe(50);
    p.release(large);
    expect(p.availableBytes).toBe(300);
    // Back to slots: none is lost, none is made twice.
    const again = [p.allocate(100)!, p.allocate(100)!, p.allocate(100)!];
    expect(p.allocate(1)).toBeNull();
    expect(new Set(again).size).toBe(3);
    expect(new Set([...again, ...slots]).size).toBe(3);
  });

  it('hands out slots whose bytes, with head- and tailroom, never overlap', () => {
    const p = pool(1000, 100);
    const taken: Slot[] = [];
    for (let slot = p.allocate(100); slot !== null; slot = p.allocate(100)) taken.push(slot);
    expect(taken).toHaveLength(10);
    taken.forEach(({ buffer, start, capacity }, i) =>
      buffer.fill(i, start - 16, start + capacity + 3),
    );
    taken.forEach(({ buffer, start, capacity }, i) => {
      expect(start - 16).toBeGreaterThanOrEqual(0);
      expect(buffer.subarray(start - 16, start + capacity + 3).equals(Buffer.alloc(119, i))).toBe(
        true,
      );
    });
  });

  it('wakes waiters in the order of coming, only while the first has enough', () => {
    const p = pool(300);
    const slots = [p.allocate(100)!, p.allocate(100)!, p.allocate(100)!];
    const woken: string[] = [];
    p.wait(
      waiter(200, () => {
        woken.push('large');
        p.allocate(200);
      }),
    );
    p.wait(
      waiter(100, () => {
        woken.push('small');
        p.allocate(100);
      }),
    );
    expect(p.queued).toBe(2);
    p.release(slots[0]);
    p.notify();
    expect(woken).toEqual([]); // the small one does not overtake
    p.release(slots[1]);
    p.notify();
    expect(woken).toEqual(['large']);
    p.release(slots[2]);
    p.notify();
    expect(woken).toEqual(['large', 'small']);
    expect(p.availableBytes).toBe(0);
  });

  it('forgets a cancelled waiter', () => {
    const p = pool(100);
    const slot = p.allocate(100)!;
    const first = waiter(100, () => expect.unreachable());
    let woken = false;
    p.wait(first);
    p.wait(waiter(100, () => (woken = true)));
    p.cancel(first);
    p.release(slot);
    p.notify();
    expect(woken).toBe(true);
  });

  it('a woken one that waits again takes its turn behind the others', () => {
    const p = pool(100);
    const slot = p.allocate(100)!;
    const woken: string[] = [];
    const again = waiter(100, () => {
      woken.push('again');
      p.wait(again);
    });
    p.wait(again);
    p.wait(waiter(100, () => void woken.push('other')));
    p.release(slot);
    p.notify();
    expect(woken).toEqual(['again', 'other']);
    expect(p.queued).toBe(1);
  });

  it('overwrites what is given back when told to', () => {
    const p = pool(100, 100, true);
    const slot = p.allocate(100)!;
    slot.buffer.fill(1, slot.start, slot.start + 100);
    p.release(slot);
    expect(slot.buffer.subarray(slot.start, slot.start + 100)).toEqual(Buffer.alloc(100, 0xdb));
  });
});
