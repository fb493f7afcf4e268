// A function in Java against AWS's own client, for tests/e2e/test_java.py.
package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public class Handler implements RequestHandler<Map<String, Object>, Object> {
    private static final CountDownLatch THREE = new CountDownLatch(3);

    private int count = 0;

    @Override
    public Object handleRequest(Map<String, Object> event, Context context) {
        count++;
        switch (String.valueOf(event.get("do"))) {
            case "throw":
                throw new IllegalStateException("boom");
            case "exit":
                System.exit((Integer) event.get("code"));
                return null;
            case "memory":
                return Runtime.getRuntime().maxMemory() / (1024 * 1024);
            case "secure":
                return javax.net.ssl.SSLContext.class.getName() + new java.security.SecureRandom().getAlgorithm();
            case "meet":
                return meet(context);
            case "log":
                context.getLogger().log("first\nline");
                System.out.println("plain");
                return null;
            default:
                Map<String, Object> answer = new HashMap<>();
                answer.put("count", count);
                answer.put("id", context.getAwsRequestId());
                answer.put("remaining", context.getRemainingTimeInMillis());
                answer.put("environment", System.getenv("AWS_EXECUTION_ENV"));
                answer.put("java", Runtime.version().feature());
                answer.put("home", System.getProperty("java.home"));
                return answer;
        }
    }

    // Returns once three invocations are in it at the same time.
    private static Object meet(Context context) {
        THREE.countDown();
        try {
            return THREE.await(20, TimeUnit.SECONDS) ? context.getAwsRequestId() : "alone";
        } catch (InterruptedException interrupted) {
            return "interrupted";
        }
    }

    public static class Event {
        public String name;
    }

    public static class Greeter {
        public String greet(Event event) {
            return "hello " + event.name;
        }

        public void copy(InputStream input, OutputStream output) throws IOException {
            input.transferTo(output);
        }
    }

    public static class Broken {
        public Broken() {
            throw new IllegalArgumentException("at construction");
        }

        public String handle(Object event) {
            return "never";
        }
    }
}
