// The driver of Apache Kafka's own client for Java: one file, run from source with the jars of the
// version that the sweep names. docs/drivers.md has the contract, README.md beside what it means
// here.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class KbenchDriver {
    static final ObjectMapper JSON = new ObjectMapper();
    static final PrintStream OUT =
        new PrintStream(new FileOutputStream(java.io.FileDescriptor.out), false);
    static volatile boolean stopped = false;
    static final BlockingQueue<String> LINES = new LinkedBlockingQueue<>();
    static final String END = "";

    public static void main(String[] args) {
        System.setOut(System.err); // whatever libraries print is none of the conversation
        try {
            run();
            System.exit(0);
        } catch (Throwable error) {
            ObjectNode fatal = JSON.createObjectNode().put("type", "fatal");
            say(fatal.put("message", messageOf(error)));
            System.exit(1);
        }
    }

    static void run() throws Exception {
        Thread reader = new Thread(KbenchDriver::readLines, "kbench-stdin");
        reader.setDaemon(true);
        reader.start();
        String first = LINES.take();
        if (first.equals(END)) return;
        JsonNode spec = JSON.readTree(first);
        Map<String, Object> settings = new HashMap<>();
        ArrayNode notHonoured = settingsOf(spec, settings);
        ObjectNode hello = JSON.createObjectNode().put("type", "hello").put("protocol", 1);
        hello.put("name", "java").put("version", version()).set("notHonoured", notHonoured);
        say(hello);
        lowerTimerSlack();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            producer.partitionsFor(spec.get("topic").asText());
            new Run(spec, producer).measure();
            // kbench looks at this process's CPU and memory once more before it hangs up.
            while (!stopped) Thread.sleep(20);
            producer.close(Duration.ofMillis(stopped ? 0 : 2000));
        }
    }

    static void readLines() {
        InputStreamReader bytes = new InputStreamReader(System.in, StandardCharsets.UTF_8);
        try (BufferedReader in = new BufferedReader(bytes)) {
            for (String line = in.readLine(); line != null; line = in.readLine())
                if (!line.isBlank()) LINES.add(line);
        } catch (Exception gone) {
            // kbench has ended
        }
        stopped = true;
        LINES.add(END);
    }

    /** All of Java's are; what this version does not know yet is told. */
    static ArrayNode settingsOf(JsonNode spec, Map<String, Object> settings) {
        ArrayNode notHonoured = JSON.createArrayNode();
        spec.get("settings").fields().forEachRemaining(entry -> {
            String name = entry.getKey();
            if (ProducerConfig.configNames().contains(name))
                settings.put(name, entry.getValue().asText());
            else
                notHonoured.addObject().put("name", name)
                    .put("why", "Java's client " + version() + " has no such setting");
        });
        if (!spec.get("security").isNull())
            spec.get("security").fields()
                .forEachRemaining(e -> settings.put(e.getKey(), e.getValue().asText()));
        List<String> addresses = new ArrayList<>();
        spec.get("bootstrap").forEach(each -> addresses.add(each.asText()));
        settings.put("bootstrap.servers", String.join(",", addresses));
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        // Averages over the producer's whole life instead of its last 30 to 60 seconds: see Totals.
        settings.putIfAbsent("metrics.sample.window.ms", "3600000");
        return notHonoured;
    }

    /** As kbench's own pacing does on Linux: sleeps of both then end alike. */
    static void lowerTimerSlack() {
        try (FileOutputStream slack = new FileOutputStream("/proc/thread-self/timerslack_ns")) {
            slack.write("1000".getBytes(StandardCharsets.UTF_8));
        } catch (Exception notLinux) {
            // the default slack stays
        }
    }

    /** Of the client's jar: the classes that tell it have moved over the versions. */
    static String version() {
        String file = "/kafka/kafka-version.properties";
        try (InputStream in = KafkaProducer.class.getResourceAsStream(file)) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", "unknown").trim();
        } catch (Exception none) {
            return "unknown";
        }
    }

    static synchronized void say(ObjectNode message) {
        OUT.println(message.toString());
        OUT.flush();
    }

    static String messageOf(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause instanceof KafkaException)
            cause = cause.getCause();
        String text = cause == error ? String.valueOf(error.getMessage())
            : error.getMessage() + ": " + cause.getMessage();
        return error.getClass().getSimpleName() + ": " + text;
    }

    static byte[][] readRecords(String file) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(file)));
        List<byte[]> records = new ArrayList<>();
        while (bytes.hasRemaining()) {
            int length = bytes.getInt();
            byte[] record = length < 0 ? null : new byte[length];
            if (record != null) bytes.get(record);
            records.add(record);
        }
        return records.toArray(new byte[0][]);
    }

    /** The whole of a run: phases on the main thread, outcomes on the producer's. */
    static class Run {
        final JsonNode spec;
        final KafkaProducer<byte[], byte[]> producer;
        final String topic;
        final byte[][] values;
        final byte[][] keys;
        final double firstMs;
        final double gapMs;
        final boolean open;
        final Audit audit;
        final long intervalMs;

        Run(JsonNode spec, KafkaProducer<byte[], byte[]> producer) throws Exception {
            this.spec = spec;
            this.producer = producer;
            topic = spec.get("topic").asText();
            values = readRecords(spec.get("values").asText());
            keys = spec.get("keys").isNull() ? null : readRecords(spec.get("keys").asText());
            open = !spec.get("due").isNull();
            firstMs = open ? spec.get("due").get("firstMs").asDouble() : 0;
            gapMs = open ? spec.get("due").get("gapMs").asDouble() : 0;
            audit = spec.get("audit").isNull() ? null : new Audit(spec);
            intervalMs = spec.get("intervalMs").asLong();
        }

        void measure() throws Exception {
            ObjectNode ready = JSON.createObjectNode().put("type", "ready");
            say(ready.put("nowNs", Long.toString(System.nanoTime())));
            if (!spec.get("warmup").isNull()) {
                Long startNs = opened();
                if (startNs == null) return;
                Phase warmup = new Phase(this, spec.get("warmup"), startNs, false);
                warmup.run();
                ObjectNode done = JSON.createObjectNode().put("type", "done");
                say(done.put("phase", "warmup").put("sent", warmup.figures.sent));
            }
            Long startNs = opened();
            if (startNs == null) return;
            Totals before = new Totals(producer);
            Phase phase = new Phase(this, spec.get("measured"), startNs, true);
            phase.run();
            Totals after = new Totals(producer);
            if (audit != null) audit.write();
            say(phase.result(before, after));
        }

        Long opened() throws Exception {
            String line = LINES.take();
            return line.equals(END) ? null : Long.valueOf(JSON.readTree(line).get("atNs").asText());
        }
    }

    static class Phase {
        static final long LOOK_NS = 50_000;
        static final long LONGEST_WAIT_NS = 50_000_000;
        static final long STOPPED_NS = 3_000_000_000L;
        static final long PROGRESS_NS = 250_000_000;
        final Run run;
        final long startNs;
        final boolean measured;
        final long records;
        final long endNs;
        final Figures figures;

        Phase(Run run, JsonNode phase, long startNs, boolean measured) {
            this.run = run;
            this.startNs = startNs;
            this.measured = measured;
            JsonNode most = phase.get("records");
            records = most.isNull() ? Long.MAX_VALUE : most.asLong();
            JsonNode duration = phase.get("durationMs");
            JsonNode limit = duration.isNull() ? phase.get("giveUpMs") : duration;
            endNs = limit.isNull() ? Long.MAX_VALUE : startNs + (long) (limit.asDouble() * 1e6);
            figures = new Figures(startNs, run.open, run.intervalMs, measured);
        }

        void run() throws Exception {
            Thread teller = new Thread(this::tell, "kbench-progress");
            teller.setDaemon(true);
            teller.start();
            while (System.nanoTime() < startNs) LockSupport.parkNanos(startNs - System.nanoTime());
            long sent = 0;
            while (sent < records && !stopped) {
                long nowNs = System.nanoTime();
                if (nowNs >= endNs) break;
                long due = run.open ? dueAt(nowNs) : sent + 64;
                for (due = Math.min(due, records); sent < due; sent++) {
                    send(sent);
                    if (stopped) break;
                }
                if (run.open && sent < records) LockSupport.parkNanos(waitNs(sent));
            }
            figures.endedNs = System.nanoTime();
            drain();
            figures.over = true;
            teller.join();
        }

        /** flush() cannot be broken off, and a user who stops is waiting. */
        void drain() throws Exception {
            Thread flusher = new Thread(() -> {
                try {
                    run.producer.flush();
                } catch (Exception closed) {
                    // what has no outcome by then is told as such
                }
            }, "kbench-flush");
            flusher.setDaemon(true);
            flusher.start();
            long limitNs = Long.MAX_VALUE;
            while (flusher.isAlive() && System.nanoTime() < limitNs) {
                flusher.join(20);
                if (stopped && limitNs == Long.MAX_VALUE) limitNs = System.nanoTime() + STOPPED_NS;
            }
        }

        long dueAt(long nowNs) {
            double sinceMs = (nowNs - startNs) / 1e6 - run.firstMs;
            return sinceMs < 0 ? 0 : (long) Math.floor(sinceMs / run.gapMs) + 1;
        }

        long dueNs(long record) {
            return startNs + (long) ((run.firstMs + record * run.gapMs) * 1e6);
        }

        long waitNs(long record) {
            long untilDueNs = dueNs(record) - System.nanoTime();
            return Math.min(LONGEST_WAIT_NS, Math.max(LOOK_NS, untilDueNs));
        }

        void send(long record) {
            byte[] value = run.values[(int) (record % run.values.length)];
            byte[] key = run.keys == null ? null : run.keys[(int) (record % run.keys.length)];
            long sequence = -1;
            if (run.audit != null) {
                sequence = run.audit.next();
                value = run.audit.stamped(value, sequence);
            }
            long dueNs = run.open ? dueNs(record) : 0;
            long sentNs = System.nanoTime();
            int length = value.length;
            long number = sequence;
            figures.handedOver(sentNs);
            try {
                ProducerRecord<byte[], byte[]> one = new ProducerRecord<>(run.topic, key, value);
                run.producer.send(one, (metadata, error) -> {
                    long nowNs = System.nanoTime();
                    if (error == null) figures.acknowledged(length, dueNs, sentNs, nowNs);
                    else figures.refused(error);
                    if (run.audit != null) run.audit.settle(number, error);
                });
            } catch (Exception error) {
                figures.refused(error);
                if (run.audit != null) run.audit.refuse(number);
            }
            // Java's send returns late where its buffer is full, and while it waits for metadata.
            long took = System.nanoTime() - sentNs;
            if (took > 1_000_000) figures.blocked(took);
        }

        void tell() {
            while (!figures.over) {
                try {
                    Thread.sleep(PROGRESS_NS / 1_000_000);
                } catch (InterruptedException never) {
                    return;
                }
                figures.endIntervals(System.nanoTime());
                say(figures.progress());
            }
        }

        ObjectNode result(Totals before, Totals after) {
            ObjectNode result = figures.result();
            ObjectNode totals = result.putObject("totals");
            totals.put("batches", Math.max(0, Math.round(after.batches - before.batches)));
            totals.put("requests", Math.max(0, Math.round(after.requests - before.requests)));
            totals.put("batchBytes", Math.max(0, Math.round(after.bytes - before.bytes)));
            totals.put("retries", Math.max(0, Math.round(after.retries - before.retries)));
            return result;
        }
    }

    /** Written by the sending thread and by the producer's; told by a third. */
    static class Figures {
        static final long SILENCE_NS = 100_000_000;
        static final int MOST_SILENCES = 1000;
        final long startNs;
        final boolean open;
        final long intervalNs;
        final boolean measured;
        volatile boolean over = false;
        volatile long endedNs = 0;
        long sent, acked, failed, valueBytes, blockedNs, index;
        long sentBefore, ackedBefore, failedBefore;
        long firstAckNs = 0, lastAckNs = 0, lastSentNs = 0, waitingSinceNs = Long.MAX_VALUE;
        final Histogram response = new Histogram();
        final Histogram service = new Histogram();
        final Histogram delay = new Histogram();
        final Histogram interval = new Histogram();
        final Map<String, Long> errors = new TreeMap<>();
        final Map<String, Long> errorsInInterval = new TreeMap<>();
        final Map<String, String> messages = new HashMap<>();
        final List<double[]> silences = new ArrayList<>();

        Figures(long startNs, boolean open, long intervalMs, boolean measured) {
            this.startNs = startNs;
            this.open = open;
            intervalNs = intervalMs * 1_000_000;
            this.measured = measured;
        }

        synchronized void handedOver(long nowNs) {
            sent++;
            lastSentNs = nowNs;
            if (waitingSinceNs == Long.MAX_VALUE) waitingSinceNs = nowNs;
        }

        synchronized void blocked(long ns) {
            blockedNs += ns;
        }

        synchronized void acknowledged(int bytes, long dueNs, long sentNs, long nowNs) {
            endIntervals(nowNs);
            long serviceMicros = micros(nowNs - sentNs);
            service.record(serviceMicros);
            if (open) {
                long responseMicros = micros(nowNs - dueNs);
                response.record(responseMicros);
                interval.record(responseMicros);
                delay.record(micros(sentNs - dueNs));
            } else interval.record(serviceMicros);
            acked++;
            valueBytes += bytes;
            if (firstAckNs == 0) firstAckNs = nowNs;
            silentUntil(nowNs);
            lastAckNs = nowNs;
            waitingSinceNs = sent > acked + failed ? nowNs : Long.MAX_VALUE;
        }

        void silentUntil(long toNs) {
            if (waitingSinceNs == Long.MAX_VALUE) return;
            long fromNs = Math.max(lastAckNs, waitingSinceNs);
            if (toNs - fromNs < SILENCE_NS || silences.size() >= MOST_SILENCES) return;
            silences.add(new double[] {(fromNs - startNs) / 1e6, (toNs - fromNs) / 1e6});
        }

        synchronized void refused(Exception error) {
            failed++;
            String name = nameOf(error);
            errors.merge(name, 1L, Long::sum);
            errorsInInterval.merge(name, 1L, Long::sum);
            messages.putIfAbsent(name, String.valueOf(error.getMessage()));
        }

        static String nameOf(Exception error) {
            Errors code = Errors.forException(error);
            if (code != Errors.UNKNOWN_SERVER_ERROR) return code.name();
            return error.getClass().getSimpleName();
        }

        static long micros(long ns) {
            return Math.max(0, (ns + 500) / 1000);
        }

        synchronized void endIntervals(long nowNs) {
            while (nowNs >= startNs + (index + 1) * intervalNs) endInterval(intervalNs);
        }

        void endInterval(long durationNs) {
            if (measured) {
                ObjectNode message = JSON.createObjectNode().put("type", "interval");
                message.put("index", index);
                message.put("durationMs", durationNs / 1e6);
                message.put("sent", sent - sentBefore).put("acked", acked - ackedBefore);
                message.put("failed", failed - failedBefore);
                ObjectNode names = message.putObject("errors");
                errorsInInterval.forEach(names::put);
                message.set("histogram", interval.toJson());
                say(message);
            }
            interval.reset();
            errorsInInterval.clear();
            sentBefore = sent;
            ackedBefore = acked;
            failedBefore = failed;
            index++;
        }

        synchronized ObjectNode progress() {
            ObjectNode message = JSON.createObjectNode().put("type", "progress");
            return message.put("sent", sent).put("acked", acked).put("failed", failed);
        }

        synchronized ObjectNode result() {
            long nowNs = System.nanoTime();
            endIntervals(nowNs);
            long lastNs = nowNs - startNs - index * intervalNs;
            if (lastNs > 0) endInterval(lastNs);
            silentUntil(nowNs);
            ObjectNode result = JSON.createObjectNode().put("type", "result");
            result.put("sent", sent).put("acked", acked).put("failed", failed);
            result.put("valueBytes", valueBytes);
            at(result, "firstAckMs", firstAckNs);
            at(result, "lastAckMs", lastAckNs);
            at(result, "lastSentMs", lastSentNs);
            result.put("endedMs", (endedNs - startNs) / 1e6).put("blockedMs", blockedNs / 1e6);
            ObjectNode histograms = result.putObject("histograms");
            histograms.set("response", open ? response.toJson() : null);
            histograms.set("service", service.toJson());
            histograms.set("delay", open ? delay.toJson() : null);
            ArrayNode causes = result.putArray("errors");
            errors.forEach((name, records) -> causes.addObject().put("name", name)
                .put("message", messages.get(name)).put("records", records));
            ArrayNode told = result.putArray("silences");
            for (double[] silence : silences) told.addArray().add(silence[0]).add(silence[1]);
            return result;
        }

        void at(ObjectNode result, String name, long ns) {
            if (ns == 0) result.putNull(name);
            else result.put(name, (ns - startNs) / 1e6);
        }
    }

    /** Stamps and outcomes, see docs/drivers.md. */
    static class Audit {
        static final int STAMP_BYTES = 16;
        final int runNumber;
        final int worker;
        final Path file;
        final CRC32C crc = new CRC32C();
        private byte[] outcomes = new byte[1 << 16];
        private int count = 0;

        Audit(JsonNode spec) {
            runNumber = (int) spec.get("audit").get("run").asLong();
            worker = spec.get("worker").asInt();
            file = Path.of(spec.get("audit").get("outcomes").asText());
        }

        synchronized long next() {
            if (count == outcomes.length) outcomes = Arrays.copyOf(outcomes, count * 2);
            return count++;
        }

        byte[] stamped(byte[] value, long sequence) {
            byte[] copy = value.clone();
            ByteBuffer head = ByteBuffer.wrap(copy);
            head.putInt(runNumber).putShort((short) worker);
            head.putShort((short) (sequence >>> 32)).putInt((int) sequence);
            crc.reset();
            crc.update(copy, STAMP_BYTES, copy.length - STAMP_BYTES);
            crc.update(copy, 0, 12);
            head.putInt((int) crc.getValue());
            return copy;
        }

        synchronized void settle(long sequence, Exception error) {
            // A broker's word alone does not say what an earlier attempt of it came to.
            outcomes[(int) sequence] = (byte) (error == null ? 1 : 3);
        }

        /** The producer never took it. */
        synchronized void refuse(long sequence) {
            outcomes[(int) sequence] = 2;
        }

        synchronized void write() throws Exception {
            Files.write(file, Arrays.copyOf(outcomes, count));
        }
    }

    /** What the producer counts: its averages taken back to sums and counts. */
    static class Totals {
        double requests, batches, bytes, retries;

        Totals(KafkaProducer<?, ?> producer) {
            double records = metric(producer, "producer-topic-metrics", "record-send-total");
            bytes = metric(producer, "producer-topic-metrics", "byte-total");
            retries = metric(producer, "producer-topic-metrics", "record-retry-total");
            batches = ratio(bytes, metric(producer, "producer-metrics", "batch-size-avg"));
            double perRequest = metric(producer, "producer-metrics", "records-per-request-avg");
            requests = ratio(records, perRequest);
        }

        static double ratio(double a, double b) {
            return b > 0 ? a / b : 0;
        }

        static double metric(KafkaProducer<?, ?> producer, String group, String name) {
            for (Map.Entry<MetricName, ? extends Metric> entry : producer.metrics().entrySet()) {
                MetricName key = entry.getKey();
                if (!key.name().equals(name) || !key.group().equals(group)) continue;
                return ((Number) entry.getValue().metricValue()).doubleValue();
            }
            return 0;
        }
    }

    /** HdrHistogram's layout: whole microseconds up to an hour, three significant digits. */
    static class Histogram {
        static final int HALF = 1024; // sub-buckets of a doubling
        static final int HALF_BITS = 10;
        static final long HIGHEST = 3_600_000_000L;
        static final int SLOTS = slotOf(HIGHEST) + 1;
        final long[] counts = new long[SLOTS];
        long count = 0, min = Long.MAX_VALUE, max = 0;

        static int slotOf(long value) {
            int bucket = 64 - Long.numberOfLeadingZeros(value | (2 * HALF - 1)) - (HALF_BITS + 1);
            int sub = (int) (value >>> bucket);
            return ((bucket + 1) << HALF_BITS) + sub - HALF;
        }

        void record(long micros) {
            long value = Math.min(micros, HIGHEST);
            counts[slotOf(value)]++;
            count++;
            min = Math.min(min, value);
            max = Math.max(max, value);
        }

        void reset() {
            Arrays.fill(counts, 0);
            count = 0;
            min = Long.MAX_VALUE;
            max = 0;
        }

        ObjectNode toJson() {
            if (count == 0) return null;
            ObjectNode json = JSON.createObjectNode().put("encoded", encoded()).put("count", count);
            return json.put("minMicros", min).put("maxMicros", max);
        }

        /** V2, compressed, base64. */
        String encoded() {
            ByteArrayOutputStream payload = new ByteArrayOutputStream();
            int last = slotOf(max);
            for (int slot = 0; slot <= last;) {
                long word = counts[slot];
                if (word != 0) slot++;
                else {
                    int from = slot;
                    while (slot <= last && counts[slot] == 0) slot++;
                    word = from - slot;
                }
                for (long zigzag = word << 1 ^ word >> 63; ; zigzag >>>= 7) {
                    if (zigzag < 128) {
                        payload.write((int) zigzag);
                        break;
                    }
                    payload.write((int) (zigzag & 127 | 128));
                }
            }
            ByteBuffer inner = ByteBuffer.allocate(40 + payload.size());
            inner.putInt(0x1c849303 | 0x10).putInt(payload.size()).putInt(0).putInt(3);
            inner.putLong(1).putLong(HIGHEST).putDouble(1).put(payload.toByteArray());
            Deflater deflater = new Deflater();
            deflater.setInput(inner.array());
            deflater.finish();
            byte[] compressed = new byte[inner.capacity() + 100];
            int length = deflater.deflate(compressed);
            deflater.end();
            ByteBuffer outer = ByteBuffer.allocate(8 + length);
            outer.putInt(0x1c849304 | 0x10).putInt(length).put(compressed, 0, length);
            return Base64.getEncoder().encodeToString(outer.array());
        }
    }
}
