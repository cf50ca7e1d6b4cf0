// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times many routes from declared to settled, and {@code ip -batch} with the same routes.
 *
 * <p>The two take turns, so that a noisy machine disturbs both. The peer writes into a namespace of
 * its own: the dataplane watches this one and would read every route along.
 *
 * <p>Framework properties: {@code margay.bench.batch}, a file of {@code route add CIDR via GATEWAY
 * dev LINK} lines; {@code margay.bench.netns}, the peer's namespace; {@code margay.bench.rounds};
 * {@code margay.bench.result}, the file to write: per round, our and the peer's seconds.
 */
@Component(service = RoutesBench.class, immediate = true)
public final class RoutesBench {
  private static final Logger LOG = LoggerFactory.getLogger(RoutesBench.class);
  private static final Owner OWNER = Owner.pool("bench");
  private static final Cause CAUSE = new Cause("bench");

  private final Dataplane dataplane;
  private final BundleContext context;

  /** Starts the rounds; the agent stops when they are done. */
  @Activate
  public RoutesBench(@Reference Dataplane dataplane, BundleContext context) {
    this.dataplane = dataplane;
    this.context = context;
    new Thread(this::run, "bench").start();
  }

  private void run() {
    try {
      Path batch = Path.of(context.getProperty("margay.bench.batch"));
      List<String> lines = new ArrayList<>();
      int rounds = Integer.parseInt(context.getProperty("margay.bench.rounds"));
      for (int round = 0; round < rounds; round++) {
        double peer = peerSeconds(batch);
        lines.add(declareSeconds(routes(batch)) + " " + peer);
      }
      Files.write(Path.of(context.getProperty("margay.bench.result")), lines);
    } catch (IOException | ExecutionException | IllegalStateException e) {
      LOG.error("Bench failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stopAgent();
  }

  private static DesiredState routes(Path batch) throws IOException {
    return DesiredState.of(Files.readAllLines(batch).stream().map(RoutesBench::route).toList());
  }

  private static Route route(String line) {
    String[] words = line.split(" ");
    return Route.of(Cidr.parse(words[2]), NextHop.via(Ip.parse(words[4]), words[6]));
  }

  private double declareSeconds(DesiredState routes)
      throws ExecutionException, InterruptedException {
    long start = System.nanoTime();
    dataplane.declare(OWNER, routes, CAUSE);
    settle();
    double seconds = (System.nanoTime() - start) / 1e9;
    dataplane.declare(OWNER, DesiredState.EMPTY, CAUSE);
    settle();
    return seconds;
  }

  private void settle() throws ExecutionException, InterruptedException {
    dataplane.settled(OWNER).toCompletableFuture().get();
  }

  private double peerSeconds(Path batch) throws IOException, InterruptedException {
    String netns = context.getProperty("margay.bench.netns");
    long start = System.nanoTime();
    run("ip", "-n", netns, "-batch", batch.toString());
    double seconds = (System.nanoTime() - start) / 1e9;
    run("ip", "-n", netns, "route", "flush", "protocol", "80");
    return seconds;
  }

  private static void run(String... command) throws IOException, InterruptedException {
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IllegalStateException(String.join(" ", command) + ": exit " + status);
    }
  }

  private void stopAgent() {
    try {
      context.getBundle(0).stop();
    } catch (BundleException e) {
      LOG.error("Agent does not stop", e);
    }
  }
}
