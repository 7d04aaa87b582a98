// Every number of the model of Java's timing, with where, when and how it was measured. `npm run
// bench -- calibrate` measures them anew on the machine at hand. They describe Java's producer and
// this machine's scheduler, so results say that the model was on (workload.timing).
//
// Machine: 2 virtual cores (AMD EPYC, shared), 24 GiB, Linux 6, Node 20.20, Java 17, Kafka's
// client 4.3.1; 2026-11-25. Held against cells that nobody had tuned on: bench/RESULTS.md, "Java's
// timing".

/**
 * What a send() of Java's producer takes on the application's thread, in ms: values of 100 B, no
 * key, no codec, into a batch that is open. Chosen in bench/fidelity.ts so that the sizes of the
 * batches that are closed in the middle of a look come out as Java's; calibrate measures it as the
 * time of a burst of sends less its first, divided by their number.
 */
export const SEND_MS = 0.0008;

/**
 * The first send() of a burst: it opens a batch and wakes the sender by a system call. Batches of a
 * single record are four to five times as frequent in Java as of two or three; so chosen.
 */
export const FIRST_SEND_MS = 0.004;

/**
 * A turn of the open loop takes so many times the sleep that it asks for: 73 to 80 us for 50 us
 * (bench/fidelity.ts prints it as "looked for every").
 */
export const TURN_PER_SLEEP = 1.5;

/**
 * Java's time for lz4 at its fast level over ours: liblz4 takes 17, 25, 66, 96 us for 100, 150,
 * 400, 580 JSON records of 100 B, the compressor of producer-core/codecs 40, 59, 153, 223. Nothing
 * is known for the levels that search (all but 9): there our time is taken for Java's.
 */
export const LIBLZ4_FAST_SHARE = 0.43;
