// Java's side of bench/calibrate.ts: what send() takes on the application's thread, and what lz4's
// fast compressor takes for records of 100 B. Arguments: bootstrap, topic, a file of JSON text.
// Prints `name=nanoseconds` lines, one for each round.
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class TimingOfJava {
    private static final int ROUNDS = 7;
    private static final int BURSTS = 4000;
    private static final int BURST = 10;
    private static final int VALUE_BYTES = 100;

    public static void main(String[] args) throws Exception {
        byte[] text = Files.readAllBytes(Path.of(args[2]));
        byte[][] values = new byte[1000][];
        for (int i = 0; i < values.length; i++)
            values[i] = Arrays.copyOfRange(text, i * VALUE_BYTES, (i + 1) * VALUE_BYTES);
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", args[0],
            "linger.ms", 5,
            "key.serializer", ByteArraySerializer.class.getName(),
            "value.serializer", ByteArraySerializer.class.getName());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            for (int round = -2; round < ROUNDS; round++) send(producer, args[1], values, round >= 0);
        }
        for (int records : new int[] {100, 150, 400, 580})
            for (int round = -2; round < ROUNDS; round++) compress(text, records, round >= 0);
    }

    /** Bursts a little apart, as an application that looks for due records makes them. */
    private static void send(
            KafkaProducer<byte[], byte[]> producer, String topic, byte[][] values, boolean told) {
        long[] first = new long[BURSTS];
        long[] rest = new long[BURSTS];
        for (int burst = 0; burst < BURSTS; burst++) {
            long startNs = System.nanoTime();
            producer.send(new ProducerRecord<>(topic, values[burst % values.length]));
            long firstNs = System.nanoTime();
            for (int i = 1; i < BURST; i++)
                producer.send(new ProducerRecord<>(topic, values[(burst + i) % values.length]));
            first[burst] = firstNs - startNs;
            rest[burst] = (System.nanoTime() - firstNs) / (BURST - 1);
            LockSupport.parkNanos(500_000);
        }
        if (told) System.out.println("firstSend=" + median(first) + "\nsend=" + median(rest));
    }

    private static void compress(byte[] text, int records, boolean told) {
        LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
        int bytes = records * VALUE_BYTES;
        byte[] into = new byte[lz4.maxCompressedLength(bytes)];
        long[] took = new long[2000];
        for (int i = 0; i < took.length; i++) {
            long startNs = System.nanoTime();
            lz4.compress(text, (i % 7) * bytes, bytes, into, 0, into.length);
            took[i] = System.nanoTime() - startNs;
        }
        if (told) System.out.println("lz4-" + records + "=" + median(took));
    }

    private static long median(long[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
