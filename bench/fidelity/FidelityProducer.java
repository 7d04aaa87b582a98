// Java's own producer for bench/fidelity.ts: reads one line a measurement from stdin (`key=value` pairs, producer settings with `s.` before them),
// sends records at their due times, and answers with one line of Java's own metrics. Run from source: java -cp <Kafka's jars> FidelityProducer.java.
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class FidelityProducer {
    public static void main(String[] args) throws Exception {
        lowerTimerSlack();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, String> asked = new HashMap<>();
            Map<String, Object> settings = new HashMap<>();
            for (String pair : line.trim().split("\\s+")) {
                int at = pair.indexOf('=');
                if (pair.startsWith("s.")) settings.put(pair.substring(2, at), pair.substring(at + 1));
                else asked.put(pair.substring(0, at), pair.substring(at + 1));
            }
            System.out.println(measure(asked, settings));
            System.out.flush();
        }
    }

    /** As kbench's pacer does on Linux: sleeps of both sides then end alike. */
    private static void lowerTimerSlack() {
        try (FileOutputStream slack = new FileOutputStream("/proc/thread-self/timerslack_ns")) {
            slack.write("1000".getBytes());
        } catch (Exception notLinux) {
            // the default slack stays
        }
    }

    private static String measure(Map<String, String> asked, Map<String, Object> settings) throws Exception {
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        // Averages over the producer's whole life instead of the last 30 to 60 seconds.
        settings.put("metrics.sample.window.ms", "3600000");
        String topic = asked.get("topic");
        long records = Long.parseLong(asked.get("records"));
        long warmup = Long.parseLong(asked.get("warmup"));
        double gapNs = 1e9 / Double.parseDouble(asked.get("rate"));
        long lookEveryNs = Long.parseLong(asked.get("lookEveryNs"));
        int valueBytes = Integer.parseInt(asked.get("valueBytes"));
        byte[] payload = Files.readAllBytes(Path.of(asked.get("payload")));
        byte[][] values = new byte[payload.length / valueBytes][valueBytes];
        for (int i = 0; i < values.length; i++) System.arraycopy(payload, i * valueBytes, values[i], 0, valueBytes);
        AtomicLong acked = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            producer.partitionsFor(topic);
            Totals before = null;
            long startNs = System.nanoTime() + 5_000_000;
            long sent = 0;
            long looks = 0;
            while (sent < records) {
                long nowNs = System.nanoTime();
                looks++;
                long due = nowNs < startNs ? 0 : Math.min(records, (long) ((nowNs - startNs) / gapNs) + 1);
                for (; sent < due; sent++) {
                    producer.send(new ProducerRecord<>(topic, values[(int) (sent % values.length)]), (metadata, error) -> {
                        if (error == null) acked.incrementAndGet();
                        else failed.incrementAndGet();
                    });
                }
                if (before == null && sent >= warmup) {
                    before = new Totals(producer);
                    looks = 0;
                }
                if (sent < records) LockSupport.parkNanos(nowNs + lookEveryNs - System.nanoTime());
            }
            Totals after = new Totals(producer);
            producer.flush();
            double seconds = (after.atNs - before.atNs) / 1e9;
            return String.format(Locale.ROOT,
                "batchSizeAvg=%f recordsPerRequestAvg=%f requestRate=%f seconds=%f lookEveryUs=%f acked=%d failed=%d",
                (after.bytes - before.bytes) / (after.batches - before.batches),
                (after.records - before.records) / (after.produceRequests - before.produceRequests),
                (after.requests - before.requests) / seconds, seconds, seconds * 1e6 / looks, acked.get(), failed.get());
        }
    }

    /** Java's averages are over the producer's life: taken back to sums and counts, two of them give the average of the time between. */
    private static class Totals {
        final long atNs = System.nanoTime();
        final double requests;
        final double records;
        final double bytes;
        final double batches;
        final double produceRequests;

        Totals(KafkaProducer<?, ?> producer) {
            requests = metric(producer, "producer-metrics", "request-total");
            records = metric(producer, "producer-topic-metrics", "record-send-total");
            bytes = metric(producer, "producer-topic-metrics", "byte-total");
            batches = bytes / metric(producer, "producer-metrics", "batch-size-avg");
            produceRequests = records / metric(producer, "producer-metrics", "records-per-request-avg");
        }
    }

    private static double metric(KafkaProducer<?, ?> producer, String group, String name) {
        for (Map.Entry<MetricName, ? extends Metric> entry : producer.metrics().entrySet()) {
            MetricName key = entry.getKey();
            if (key.name().equals(name) && key.group().equals(group)) return ((Number) entry.getValue().metricValue()).doubleValue();
        }
        throw new IllegalStateException("no metric " + name);
    }
}
