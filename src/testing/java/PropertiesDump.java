import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import java.util.TreeMap;

/**
 * What java.util.Properties makes of texts. Standard input: one text a line, base64 of its Latin-1 bytes. Standard output: a line for
 * each, `!` where Java refuses it, else its entries in the order of their keys, base64 of UTF-16BE, as `key:value` parted by blanks.
 */
public final class PropertiesDump {
    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Properties properties = new Properties();
            try {
                properties.load(new ByteArrayInputStream(Base64.getDecoder().decode(line)));
            } catch (IllegalArgumentException malformed) {
                System.out.println("!");
                continue;
            }
            StringBuilder out = new StringBuilder();
            TreeMap<String, String> sorted = new TreeMap<>();
            for (String key : properties.stringPropertyNames()) sorted.put(key, properties.getProperty(key));
            sorted.forEach((key, value) -> out.append(base64(key)).append(':').append(base64(value)).append(' '));
            System.out.println(out);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_16BE));
    }
}
