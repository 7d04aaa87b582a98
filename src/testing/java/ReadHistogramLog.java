// Reads the .hlog files named with HdrHistogram's own reader; prints what it found, a line for each histogram, and the percentile distribution of
// each kind of latency over a whole file, as Java itself lays it out. For formats.interop.e2e.test.ts.
import java.io.File;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

public class ReadHistogramLog {
  public static void main(String[] files) throws Exception {
    for (String file : files) {
      Map<String, Histogram> kinds = new TreeMap<>();
      HistogramLogReader reader = new HistogramLogReader(new File(file));
      String name = new File(file).getName();
      while (reader.hasNext()) {
        EncodableHistogram next = reader.nextIntervalHistogram();
        if (next == null) continue;
        Histogram histogram = (Histogram) next;
        System.out.printf(
            Locale.ROOT,
            "LINE %s %s %d %d %d %d %d %d%n",
            name,
            histogram.getTag(),
            histogram.getStartTimeStamp(),
            histogram.getEndTimeStamp(),
            histogram.getTotalCount(),
            histogram.getValueAtPercentile(50),
            histogram.getValueAtPercentile(99),
            histogram.getMaxValue());
        String kind = histogram.getTag().substring(histogram.getTag().indexOf('-') + 1);
        Histogram sum = kinds.computeIfAbsent(kind, key -> new Histogram(1, 3_600_000_000L, 3));
        sum.add(histogram);
      }
      for (Map.Entry<String, Histogram> entry : kinds.entrySet()) {
        System.out.printf("HGRM %s %s%n", name, entry.getKey());
        entry.getValue().outputPercentileDistribution(System.out, 5, 1000.0);
        System.out.println("END");
      }
    }
  }
}
