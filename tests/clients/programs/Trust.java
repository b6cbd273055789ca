import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Java's client: it trusts TLS, finds names, and reaches nothing else. */
public class Trust {
    public static void main(String[] given) {
        step("https of a region", "https://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health", true);
        step("https of another product", "https://sts.aliyuncs.com/_faultzone/health", true);
        step("plain http", "http://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health", true);
        step("nothing else is reached", "https://example.com/", false);
    }

    static void step(String name, String url, boolean reached) {
        boolean came = false;
        try {
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
            came = client.send(request, HttpResponse.BodyHandlers.ofString()).body().equals("{\"status\":\"ok\"}");
        } catch (Exception error) {
            // It did not come.
        }
        System.out.println((came == reached ? "ok " : "no ") + name);
    }
}
