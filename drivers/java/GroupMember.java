// One member of a consumer group, by Apache Kafka's own client: run from source by kbench, with the
// jars of a Kafka release on the class path. Its order is the first line of stdin (JSON), `ping N`
// and `stop` follow; it ends when stdin does. What it receives goes to stdout, framed as
// src/workloads/consumers/group/member-frames.ts says.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class GroupMember {
  static final int STAMP_BYTES = 16;
  static final int EVENT = 0;
  static final int RECORDS = 1;
  static final ObjectMapper JSON = new ObjectMapper();
  static final OutputStream OUT = new FileOutputStream(FileDescriptor.out);

  static double clockMs() {
    return System.nanoTime() / 1e6;
  }

  static synchronized void write(byte[] frame) {
    try {
      OUT.write(frame);
    } catch (IOException gone) {
      Runtime.getRuntime().halt(0);
    }
  }

  static void tell(ObjectNode event) {
    byte[] body = event.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(5 + body.length);
    frame.putInt(1 + body.length).put((byte) EVENT).put(body);
    write(frame.array());
  }

  static ObjectNode event(String name) {
    return JSON.createObjectNode().put("event", name);
  }

  static void fail(Throwable error) {
    tell(event("failed").put("message", error.toString()));
    Runtime.getRuntime().halt(1);
  }

  public static void main(String[] args) throws Exception {
    System.setOut(System.err); // frames alone go to stdout
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    JsonNode order = JSON.readTree(in.readLine());
    KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings(order));
    CountDownLatch join = new CountDownLatch(1);
    Thread orders = new Thread(() -> obey(in, consumer, join), "orders");
    orders.setDaemon(true);
    orders.start();
    String topic = order.get("topic").asText();
    try {
      join.await();
      consumer.subscribe(List.of(topic), new Told(consumer));
      while (true) receive(consumer.poll(Duration.ofMillis(500)), consumer);
    } catch (WakeupException stopped) {
      consumer.close(Duration.ofSeconds(3));
      Runtime.getRuntime().halt(0);
    } catch (Throwable error) {
      fail(error);
    }
  }

  static Properties settings(JsonNode order) {
    Properties settings = new Properties();
    List<String> servers = new ArrayList<>();
    order.get("bootstrap").forEach(each -> servers.add(each.asText()));
    settings.put("bootstrap.servers", String.join(",", servers));
    settings.put("group.id", order.get("group").asText());
    settings.put("client.id", order.get("clientId").asText());
    settings.put("isolation.level", order.get("isolation").asText());
    boolean fromBeginning = order.get("fromBeginning").asBoolean();
    settings.put("auto.offset.reset", fromBeginning ? "earliest" : "latest");
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    order
        .get("properties")
        .properties()
        .forEach(each -> settings.put(each.getKey(), each.getValue().asText()));
    return settings;
  }

  static void obey(
      BufferedReader in, KafkaConsumer<byte[], byte[]> consumer, CountDownLatch join) {
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("ping ")) {
          long nonce = Long.parseLong(line.substring(5));
          tell(event("pong").put("nonce", nonce).put("clockMs", clockMs()));
        } else if (line.equals("stop")) {
          consumer.wakeup();
          join.countDown();
        } else if (line.equals("join")) join.countDown();
      }
    } catch (IOException gone) {
      // As its end.
    }
    if (Thread.currentThread().isDaemon()) Runtime.getRuntime().halt(0);
  }

  static void receive(
      ConsumerRecords<byte[], byte[]> records, KafkaConsumer<byte[], byte[]> consumer) {
    double receivedMs = clockMs();
    for (TopicPartition partition : records.partitions()) {
      List<ConsumerRecord<byte[], byte[]>> those = records.records(partition);
      long next = consumer.position(partition);
      var lag = consumer.currentLag(partition);
      int body = 1 + 4 + 3 * 8 + those.size() * STAMP_BYTES;
      ByteBuffer frame = ByteBuffer.allocate(4 + body);
      frame.putInt(body).put((byte) RECORDS).putInt(partition.partition());
      frame.putDouble(receivedMs).putDouble(next);
      frame.putDouble(lag.isPresent() ? next + lag.getAsLong() : Double.NaN);
      for (ConsumerRecord<byte[], byte[]> each : those) {
        byte[] value = each.value();
        if (value == null || value.length < STAMP_BYTES) frame.put(new byte[STAMP_BYTES]);
        else frame.put(value, 0, STAMP_BYTES);
      }
      write(frame.array());
    }
  }

  record Told(KafkaConsumer<byte[], byte[]> consumer) implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      ObjectNode assigned = event("assigned");
      ArrayNode partitions = assigned.putArray("partitions");
      consumer.assignment().forEach(each -> partitions.add(each.partition()));
      tell(assigned);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> taken) {
      tell(event("revoked"));
    }
  }
}
