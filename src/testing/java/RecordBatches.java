// Builds record batches with Java's own MemoryRecordsBuilder, as its producer does, for tests that compare bytes. Reads a file of lines:
//   B writeLimit producerId epoch baseSequence transactional codec ratio   begins a batch
//   R timestamp key value [header value]...                                a record; bytes in hex, `-` for null, `.` for empty
//   E                                                                      ends the batch: `<records taken> <estimated bytes> <bytes in hex>` goes to stdout
// Records that the batch has no room for are left out, as the producer would open another batch for them.
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

public class RecordBatches {
    public static void main(String[] args) throws Exception {
        MemoryRecordsBuilder builder = null;
        int limit = 0;
        int taken = 0;
        boolean full = false;
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] part = line.split(" ");
            switch (part[0]) {
                case "B" -> {
                    limit = Integer.parseInt(part[1]);
                    Compression codec = Compression.of(CompressionType.forName(part[6])).build();
                    builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(limit), RecordBatch.MAGIC_VALUE_V2, codec,
                        TimestampType.CREATE_TIME, 0L, RecordBatch.NO_TIMESTAMP, Long.parseLong(part[2]), Short.parseShort(part[3]),
                        Integer.parseInt(part[4]), part[5].equals("true"), false, RecordBatch.NO_PARTITION_LEADER_EPOCH, limit);
                    builder.setEstimatedCompressionRatio(Float.parseFloat(part[7]));
                    taken = 0;
                    full = false;
                }
                case "R" -> {
                    long timestamp = Long.parseLong(part[1]);
                    Header[] headers = new Header[(part.length - 4) / 2];
                    for (int i = 0; i < headers.length; i++)
                        headers[i] = new RecordHeader(new String(bytes(part[4 + 2 * i]), StandardCharsets.UTF_8), bytes(part[5 + 2 * i]));
                    ByteBuffer key = wrap(bytes(part[2]));
                    ByteBuffer value = wrap(bytes(part[3]));
                    if (full || !builder.hasRoomFor(timestamp, key, value, headers)) full = true;
                    else {
                        builder.append(timestamp, key, value, headers);
                        taken++;
                    }
                }
                case "E" -> {
                    int estimated = builder.estimatedSizeInBytes();
                    ByteBuffer built = builder.build().buffer();
                    byte[] bytes = new byte[built.remaining()];
                    built.get(bytes);
                    out.append(taken).append(' ').append(estimated).append(' ').append(HexFormat.of().formatHex(bytes)).append('\n');
                }
                default -> throw new IllegalArgumentException(line);
            }
        }
        System.out.print(out);
    }

    private static byte[] bytes(String hex) {
        return hex.equals("-") ? null : hex.equals(".") ? new byte[0] : HexFormat.of().parseHex(hex);
    }

    private static ByteBuffer wrap(byte[] bytes) {
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }
}
