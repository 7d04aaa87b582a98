import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/** The settings of a release's producer, one a line: name, type, default (`-`: none), validator; parted by tabs. */
public final class ProducerConfigDump {
    public static void main(String[] arguments) {
        for (ConfigDef.ConfigKey key : new TreeMap<>(ProducerConfig.configDef().configKeys()).values()) {
            Object preset = !key.hasDefault() ? "-" : key.defaultValue instanceof Class<?> type ? type.getName() : key.defaultValue;
            System.out.println(key.name + "\t" + key.type + "\t" + preset + "\t" + key.validator);
        }
    }
}
