// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an agent serves over HTTP is documented, is read by Prometheus, and fills the dashboard. */
class MetricsIT {
  private static final String NODE = "node1";
  private static final Path DOCS = Distribution.HOME.resolve("../../../docs").normalize();

  private static Lab lab;
  private static Pod pod;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(2, "4", Map.of("io.margay.metrics.cfg", "enabled = true\n"));
    pod = lab.pod(NODE);
    pod.add();
    Lab.await("ready", () -> get("/readyz").contains(" 200 "));
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void documentsWhatIsServedAndNothingElse() throws IOException {
    Set<String> served = new TreeSet<>();
    get("/metrics").lines().filter(l -> l.startsWith("# TYPE ")).forEach(l -> served.add(type(l)));

    assertEquals(documented(), served);
  }

  @Test
  void answersProbesAndRefusesToBeWrittenTo() {
    assertTrue(get("/livez").endsWith("ok"), get("/livez"));
    assertTrue(ask("HEAD /livez").contains(" 200 "), ask("HEAD /livez"));
    assertTrue(ask("POST /metrics").contains(" 405 "), ask("POST /metrics"));
  }

  @Test
  void answersOthersWhileOneNeverEndsItsRequest() throws Exception {
    List<Process> slow = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      slow.add(
          begin(
              "bash",
              "-c",
              "exec 3<>/dev/tcp/127.0.0.1/9091; printf 'GET /met' >&3; exec sleep 60"));
    }
    try {
      Lab.await("an answer", () -> get("/livez").contains(" 200 "));
    } finally {
      slow.forEach(Process::destroy);
    }
  }

  @Test
  void listsTheSameInTheConsole() {
    String text = lab.run("exec", NODE, "health:metrics", "margay_cni_calls").orFail();

    assertTrue(text.contains("margay_cni_calls_running"), text);
  }

  @Test
  void givesEveryPanelAndAlertSomethingToEvaluate() throws Exception {
    assumeTrue(
        Shell.run("which", "prometheus").exitCode() == 0, "the package prometheus is absent");
    Path folder = Files.createTempDirectory("margay-prometheus");
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        scrape_configs:
          - job_name: margay
            scrape_interval: 1s
            static_configs:
              - targets: ["127.0.0.1:9091"]
        """);
    Process prometheus =
        begin(
            "prometheus",
            "--config.file=" + config,
            "--storage.tsdb.path=" + folder.resolve("data"),
            "--web.listen-address=127.0.0.1:9099",
            "--log.level=error");
    try {
      Lab.await("a scrape", () -> evaluate("up == 1").contains("=> 1"));
      List<String> silent = new ArrayList<>(expressions());
      Lab.await(
          "values for all of " + silent,
          () -> {
            silent.removeIf(e -> evaluate(e).contains("=>"));
            return silent.isEmpty();
          });
      alerts().forEach(alert -> query(alert).orFail());
    } finally {
      prometheus.destroy();
      prometheus.waitFor();
      Shell.run("rm", "-r", folder.toString()).orFail();
    }
  }

  private static String evaluate(String expression) {
    return query(expression).output();
  }

  private static Result query(String expression) {
    return Shell.run(onNode("promtool", "query", "instant", "http://127.0.0.1:9099", expression));
  }

  /** Expressions of the dashboard, with its variables as Grafana would set them. */
  private static List<String> expressions() throws IOException {
    JsonObject board =
        new Gson().fromJson(Files.readString(DOCS.resolve("grafana.json")), JsonObject.class);
    List<String> found = new ArrayList<>();
    Set<Integer> ids = new TreeSet<>();
    for (JsonElement panel : board.getAsJsonArray("panels")) {
      int id = panel.getAsJsonObject().get("id").getAsInt();
      assertTrue(ids.add(id), "two panels have the id " + id);
      if (panel.getAsJsonObject().has("targets")) {
        for (JsonElement target : panel.getAsJsonObject().getAsJsonArray("targets")) {
          found.add(
              target
                  .getAsJsonObject()
                  .get("expr")
                  .getAsString()
                  .replace("$instance", ".*")
                  .replace("$__rate_interval", "1m"));
        }
      }
    }
    assertTrue(found.size() > 30, found.toString());
    return found;
  }

  private static List<String> alerts() throws IOException {
    String text = Files.readString(DOCS.resolve("metrics.md"));
    Matcher row =
        Pattern.compile("(?m)^\\| `([^`]*)` \\| \\w* ?\\|")
            .matcher(text.substring(text.indexOf("## Alerts")));
    List<String> alerts = row.results().map(r -> r.group(1)).toList();
    assertTrue(alerts.size() >= 8, alerts.toString());
    return alerts;
  }

  private static Set<String> documented() throws IOException {
    String text = Files.readString(DOCS.resolve("metrics.md"));
    return Pattern.compile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|")
        .matcher(text)
        .results()
        .map(r -> r.group(1) + " " + r.group(2))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String type(String line) {
    return line.substring("# TYPE ".length());
  }

  private static String get(String path) {
    return ask("GET " + path);
  }

  private static String ask(String request) {
    return Shell.run(
            onNode(
                "bash",
                "-c",
                "exec 3<>/dev/tcp/127.0.0.1/9091 && printf '"
                    + request
                    + " HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"))
        .output();
  }

  private static Process begin(String... command) throws IOException {
    return Shell.start(Map.of(), onNode(command));
  }

  private static String[] onNode(String... command) {
    List<String> words = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + lab.netns(NODE)));
    words.addAll(List.of(command));
    return words.toArray(String[]::new);
  }
}
