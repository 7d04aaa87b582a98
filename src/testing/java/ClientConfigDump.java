import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;

/**
 * The settings of a release's client, one a line: name, type, default (`-`: none), validator; parted by tabs. Argument: its class, such
 * as org.apache.kafka.clients.producer.ProducerConfig.
 */
public final class ClientConfigDump {
    public static void main(String[] arguments) throws Exception {
        ConfigDef definitions = (ConfigDef) Class.forName(arguments[0]).getMethod("configDef").invoke(null);
        for (ConfigDef.ConfigKey key : new TreeMap<>(definitions.configKeys()).values()) {
            Object preset = !key.hasDefault() ? "-" : key.defaultValue instanceof Class<?> type ? type.getName() : key.defaultValue;
            System.out.println(key.name + "\t" + key.type + "\t" + preset + "\t" + key.validator);
        }
    }
}
