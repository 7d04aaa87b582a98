// A network between client and broker where there is none, for bench/fidelity/distance.ts: hands on every byte a fixed time later, in order, both ways, each
// piece at its own time to within about 0.1 ms (a timer of Node's would gather those of a millisecond, and answers that come together decide
// batches). Run from source: java Distance.java <us each way>; prints its port, reads host:port of the broker from stdin, ends with stdin.
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

public class Distance {
    private record Piece(long dueNs, byte[] bytes) {}

    public static void main(String[] args) throws Exception {
        long delayNs = Long.parseLong(args[0]) * 1000;
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        System.out.println(server.getLocalPort());
        System.out.flush();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        String target = in.readLine();
        if (target == null) return;
        start(() -> {
            while (in.readLine() != null);
            System.exit(0);
        });
        int at = target.lastIndexOf(':');
        for (;;) {
            Socket near = server.accept();
            Socket far = new Socket(target.substring(0, at), Integer.parseInt(target.substring(at + 1)));
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            handOn(near, far, delayNs);
            handOn(far, near, delayNs);
        }
    }

    private static void handOn(Socket from, Socket to, long delayNs) {
        LinkedBlockingQueue<Piece> under = new LinkedBlockingQueue<>();
        start(() -> {
            byte[] buffer = new byte[65536];
            try {
                for (int n = from.getInputStream().read(buffer); n >= 0; n = from.getInputStream().read(buffer))
                    under.add(new Piece(System.nanoTime() + delayNs, Arrays.copyOf(buffer, n)));
            } finally {
                under.add(new Piece(System.nanoTime() + delayNs, null));
            }
        });
        start(() -> {
            lowerTimerSlack();
            try (from; to) {
                for (Piece piece = under.take(); piece.bytes != null; piece = under.take()) {
                    for (long leftNs = piece.dueNs - System.nanoTime(); leftNs > 0; leftNs = piece.dueNs - System.nanoTime())
                        LockSupport.parkNanos(leftNs);
                    to.getOutputStream().write(piece.bytes);
                }
            }
        });
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException closed) {
                // the connection is over
            } catch (Exception unexpected) {
                unexpected.printStackTrace();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void lowerTimerSlack() {
        try (FileOutputStream slack = new FileOutputStream("/proc/thread-self/timerslack_ns")) {
            slack.write("1000".getBytes());
        } catch (IOException notLinux) {
            // the default slack stays
        }
    }
}
