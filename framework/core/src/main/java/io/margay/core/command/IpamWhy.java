// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.Ip;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.query.KernelRoute;
import io.margay.core.query.NodeQueries;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ipam:why}: all that is known of an address, and every node's route to it. */
@Component
public final class IpamWhy implements Command {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private record Route(String node, String route) {}

  private record Row(
      InetAddress address,
      AddressStory.State state,
      String sentence,
      Map<String, String> facts,
      List<Route> routes) {}

  private final Store store;
  private final String self;
  private final Clock clock;
  private final Duration patience;

  @Activate
  public IpamWhy(@Reference Store store, @Reference NodeAgent agent) {
    this(store, agent.nodeName(), Clock.systemUTC(), PATIENCE);
  }

  IpamWhy(Store store, String self, Clock clock, Duration patience) {
    this.store = store;
    this.self = self;
    this.clock = clock;
    this.patience = patience;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("ipam", "why", "say who has an address, why, and how each node routes it")
        .withArgument("address", "an IPv4 or IPv6 address, of a pod or any other")
        .withExample("ipam:why 10.65.0.7");
  }

  /** Those of pods; any other may be asked for, too. */
  @Override
  public List<String> complete(String name) {
    List<String> addresses = new ArrayList<>();
    try {
      for (Entry entry : store.list(WorkloadEndpoint.KIND).entries()) {
        WorkloadEndpoint.parse(entry.json()).ipNetworks().stream()
            .map(cidr -> Ip.text(cidr.network()))
            .forEach(addresses::add);
      }
    } catch (StoreException | InvalidResourceException e) {
      return addresses; // Nothing more to offer; the command itself will say why.
    }
    return addresses;
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    InetAddress address;
    try {
      address = Ip.parse(invocation.argument("address"));
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), 2);
    }
    StoredResources resources = new StoredResources(store, output);
    AddressStory story = AddressStory.of(address, resources, clock.instant());
    List<Route> routes = routes(address, resources);
    output.result(
        text(story, routes),
        new Row(address, story.state(), story.sentence(), story.facts(), routes));
  }

  private List<Route> routes(InetAddress address, StoredResources resources)
      throws CommandException, InterruptedException {
    Set<String> nodes =
        resources.values(Node.KIND, Node::parse).stream()
            .map(Node::name)
            .collect(Collectors.toCollection(TreeSet::new));
    Map<String, NodeAnswer> answers;
    try {
      answers =
          new NodeQueries(store, self, clock)
              .ask(
                  KernelRoute.VERB, Map.of(KernelRoute.ADDRESS, Ip.text(address)), nodes, patience);
    } catch (StoreException e) {
      throw new CommandException("the nodes cannot be asked: " + e.getMessage(), e);
    }
    List<Route> routes = new ArrayList<>();
    for (String node : nodes) {
      NodeAnswer answer = answers.get(node);
      routes.add(
          new Route(
              node,
              answer == null
                  ? "does not answer: does its agent run?"
                  : answer.failure().orElseGet(() -> KernelRoute.of(answer.answer()).toString())));
    }
    return routes;
  }

  private static String text(AddressStory story, List<Route> routes) {
    StringBuilder text = new StringBuilder(story.sentence());
    int width = story.facts().keySet().stream().mapToInt(String::length).max().orElse(0);
    story.facts().forEach((about, fact) -> line(text, about, width, fact));
    int nodes = routes.stream().mapToInt(r -> r.node().length()).max().orElse(0);
    if (!routes.isEmpty()) {
      text.append("\nroutes");
    }
    routes.forEach(r -> line(text, r.node(), nodes, r.route()));
    return text.toString();
  }

  private static void line(StringBuilder text, String about, int width, String fact) {
    text.append(("\n  %-" + Math.max(1, width) + "s  %s").formatted(about, fact));
  }
}
