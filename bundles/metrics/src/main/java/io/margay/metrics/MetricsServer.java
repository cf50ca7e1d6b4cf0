// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.net.Ip;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code /metrics}, {@code /livez} and {@code /readyz} over HTTP, when it is switched on. At
 * most eight threads, which end when idle, and a bounded queue: a request that does not come in
 * within 2 s is cut off, and who is too many is turned away.
 */
@Component(service = HealthCheck.class, immediate = true, configurationPid = "io.margay.metrics")
@Designate(ocd = MetricsServer.Config.class)
public final class MetricsServer implements HealthCheck {
  /** Where to listen. */
  @ObjectClassDefinition(name = "Metrics", description = "Metrics and probes over HTTP")
  public @interface Config {
    @AttributeDefinition(description = "Whether to listen at all")
    boolean enabled() default false;

    @AttributeDefinition(
        description =
            "Address to listen on; 0.0.0.0 or :: for all of the node, without any access control")
    String address() default "127.0.0.1";

    @AttributeDefinition(description = "TCP port to listen on", min = "1", max = "65535")
    int port() default 9091;
  }

  private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);
  private static final String NAME = "metrics";
  private static final int THREADS = 8;
  private static final int QUEUE = 128;

  private final Optional<HttpServer> server;
  private final Optional<String> problem;

  private final ComponentServiceObjects<Collector> collectors;

  @Activate
  public MetricsServer(Config config, @Reference ComponentServiceObjects<Collector> collectors) {
    this.collectors = collectors;
    Optional<HttpServer> started = Optional.empty();
    Optional<String> failure = Optional.empty();
    if (config.enabled()) {
      try {
        started = Optional.of(listen(config));
      } catch (IOException | IllegalArgumentException e) {
        String where = config.address() + " port " + config.port();
        failure = Optional.of("cannot listen on " + where + ": " + e.getMessage());
        LOG.error("Metrics are not served reason={}", failure.get());
      }
    }
    server = started;
    problem = failure;
  }

  @Deactivate
  void stop() {
    server.ifPresent(s -> s.stop(1));
  }

  @Override
  public List<Health> check() {
    return List.of(problem.map(p -> Health.degraded(NAME, p)).orElse(Health.ok(NAME)));
  }

  private HttpServer listen(Config config) throws IOException {
    // Seconds for a request to come in and for an answer to be taken; the server's class reads it.
    System.setProperty("sun.net.httpserver.maxReqTime", "2");
    System.setProperty("sun.net.httpserver.maxRspTime", "5");
    HttpServer http =
        HttpServer.create(new InetSocketAddress(Ip.parse(config.address()), config.port()), QUEUE);
    Collector collector = collectors.getService();
    http.createContext(
        "/metrics", e -> answer(e, 200, Exposition.CONTENT_TYPE, metrics(collector)));
    http.createContext("/livez", e -> answer(e, collector.live()));
    http.createContext("/readyz", e -> answer(e, collector.ready()));
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE),
            task -> {
              Thread thread = new Thread(task, "metrics");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    http.setExecutor(threads);
    http.start();
    LOG.info("Metrics served address={} port={}", config.address(), config.port());
    return http;
  }

  /** What all sources say, and how the node is. */
  private static String metrics(Collector collector) {
    Exposition exposition = new Exposition(Descriptions.load());
    collector.collect(exposition);
    return exposition.text();
  }

  private static void answer(HttpExchange exchange, Probes.Answer answer) throws IOException {
    answer(exchange, answer.isGood() ? 200 : 503, "text/plain; charset=utf-8", answer.text());
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    try (exchange) {
      boolean isRead = exchange.getRequestMethod().matches("GET|HEAD");
      byte[] body = (isRead ? text : "GET only\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(
          isRead ? status : 405, exchange.getRequestMethod().equals("HEAD") ? -1 : body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(exchange.getRequestMethod().equals("HEAD") ? new byte[0] : body);
      }
    }
  }
}
