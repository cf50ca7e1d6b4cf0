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
 * <p>Framework properties: {@code margay.bench.batch}, a file of {@code route add|replace CIDR via
 * GATEWAY dev LINK [onlink] ...} lines; {@code margay.bench.before}, one with the routes that are
 * there when the clock starts, or an empty file; {@code margay.bench.netns}, the peer's namespace;
 * {@code margay.bench.peer}, the script that runs {@code ip} there; {@code margay.bench.rounds};
 * {@code margay.bench.result}, the file to write: per round, our and the peer's seconds, our and
 * the peer's seconds of CPU.
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
    Path before = file("margay.bench.before");
    Path batch = file("margay.bench.batch");
    int rounds = Integer.parseInt(context.getProperty("margay.bench.rounds"));
    List<String> lines = new ArrayList<>();
    try (Peer peer =
        Peer.start(file("margay.bench.peer"), context.getProperty("margay.bench.netns"))) {
      for (int round = 0; round < rounds; round++) {
        Cost theirs = peer.round(before, batch);
        Cost ours = declare(routes(before), routes(batch));
        lines.add(
            ours.seconds()
                + (" " + theirs.seconds())
                + (" " + ours.cpuSeconds())
                + (" " + theirs.cpuSeconds()));
      }
      Files.write(file("margay.bench.result"), lines);
    } catch (IOException | ExecutionException | IllegalStateException e) {
      LOG.error("Bench failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stopAgent();
  }

  private Path file(String property) {
    return Path.of(context.getProperty(property));
  }

  private static DesiredState routes(Path batch) throws IOException {
    return DesiredState.of(Files.readAllLines(batch).stream().map(RoutesBench::route).toList());
  }

  private static Route route(String line) {
    List<String> words = List.of(line.split(" "));
    NextHop hop = NextHop.via(Ip.parse(words.get(4)), words.get(6));
    return Route.of(Cidr.parse(words.get(2)), words.contains("onlink") ? hop.withOnlink() : hop);
  }

  private Cost declare(DesiredState before, DesiredState routes)
      throws IOException, ExecutionException, InterruptedException {
    settle(before);
    CpuTime cpu = CpuTime.now();
    long start = System.nanoTime();
    settle(routes);
    double seconds = (System.nanoTime() - start) / 1e9;
    Cost cost = new Cost(seconds, CpuTime.now().secondsSince(cpu));
    settle(DesiredState.EMPTY);
    return cost;
  }

  private void settle(DesiredState routes) throws ExecutionException, InterruptedException {
    dataplane.declare(OWNER, routes, CAUSE);
    dataplane.settled(OWNER).toCompletableFuture().get();
  }

  private void stopAgent() {
    try {
      context.getBundle(0).stop();
    } catch (BundleException e) {
      LOG.error("Agent does not stop", e);
    }
  }
}
