// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.command.StoredResources;
import io.margay.core.explain.Hop.Place;
import io.margay.core.explain.PathQuestion.Side;
import io.margay.core.query.NodeQueries;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pod:explain}: why a packet does or does not arrive. */
@Component(service = Command.class)
public final class PodExplain implements Command {
  /** Beside the head start: a node that answers needs 1 s at most when packets get lost. */
  private static final Duration PATIENCE = Duration.ofMillis(1600);

  /** When the first was perhaps too short. */
  private static final Duration LONGER_HEAD_START = Duration.ofSeconds(1);

  /** As {@code --json} has it. */
  private record Row(
      String from,
      String to,
      String flow,
      Verdict.Health health,
      Optional<Hop> broken,
      String sentence,
      List<Hop> hops) {}

  private final Store store;
  private final String self;

  @Activate
  public PodExplain(@Reference Store store, @Reference NodeAgent agent) {
    this.store = store;
    this.self = agent.nodeName();
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "pod", "explain", "say why packets do or do not arrive; exit code 1 when they do not")
        .withArgument("from", "pod (NAMESPACE/NAME or NAME), node, or an address of one")
        .withArgument("to", "the same, or an address outside")
        .withOption(
            "port", "PORT[/PROTOCOL]", "ask a TCP port, or 53/udp, instead of sending pings")
        .withExample("pod:explain web db")
        .withExample("pod:explain web db --port 5432")
        .withExample("pod:explain shop/web 192.0.2.7 --port 53/udp --json");
  }

  @Override
  public List<String> complete(String name) {
    if (!name.equals("from") && !name.equals("to")) {
      return List.of();
    }
    try {
      return facts(new StoredResources(store, Silent.OUTPUT)).ends().stream()
          .map(e -> e.name().replaceFirst("^default/", ""))
          .sorted()
          .toList();
    } catch (CommandException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    StoreFacts facts = facts(new StoredResources(store, output));
    PathEnd from = end(invocation.argument("from"), facts);
    PathEnd to = end(invocation.argument("to"), facts);
    if (from.node().isEmpty()) {
      throw new CommandException(
          "from: " + from.name() + " (expected: a pod or a node, or an address of one)", 2);
    }
    TraceFlow flow = flow(from, to, invocation.value("port"));
    PathQuestion question = PathQuestion.of(flow, side(from, flow, facts), side(to, flow, facts));
    Set<String> nodes = new TreeSet<>();
    from.node().ifPresent(nodes::add);
    to.node().ifPresent(nodes::add);
    Verdict verdict = verdict(question, from, to, facts, ask(question, nodes));
    if (verdict.isDoubtful()) {
      question = question.withHeadStart(LONGER_HEAD_START);
      verdict = verdict(question, from, to, facts, ask(question, nodes));
    }
    output.result(
        ExplainText.of(from, to, flow, verdict),
        new Row(
            from.toString(),
            to.toString(),
            flow.toString(),
            verdict.health(),
            verdict.broken(),
            verdict.sentence(),
            verdict.hops()));
    if (verdict.health() != Verdict.Health.HEALTHY) {
      throw new CommandException(
          verdict.health() == Verdict.Health.BROKEN
              ? "packets do not arrive"
              : "it cannot be said whether packets arrive");
    }
  }

  private static StoreFacts facts(StoredResources resources) throws CommandException {
    return new StoreFacts(
        resources.values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse),
        resources.values(Node.KIND, Node::parse),
        resources.values(IpamBlock.KIND, IpamBlock::parse),
        resources.values(IpPool.KIND, IpPool::parse));
  }

  private static PathEnd end(String text, StoreFacts facts) throws CommandException {
    Optional<InetAddress> address = address(text);
    if (address.isPresent()) {
      return facts.ends().stream()
          .filter(e -> e.addresses().contains(address.get()))
          .findFirst()
          .map(e -> e.only(address.get()))
          .orElseGet(() -> PathEnd.outside(address.get()));
    }
    List<PathEnd> found =
        facts.ends().stream()
            .filter(e -> e.name().equals(text) || (e.isPod() && e.name().endsWith("/" + text)))
            .toList();
    if (found.size() == 1) {
      return found.get(0);
    }
    throw new CommandException(
        found.isEmpty()
            ? "there is no pod and no node " + text
            : text
                + " is several: "
                + found.stream().map(PathEnd::toString).collect(Collectors.joining(", ")));
  }

  private static Optional<InetAddress> address(String text) {
    try {
      return Optional.of(Ip.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // A name.
    }
  }

  private static TraceFlow flow(PathEnd from, PathEnd to, Optional<String> port)
      throws CommandException {
    for (IpFamily family : IpFamily.values()) {
      Optional<InetAddress> source = from.address(family);
      Optional<InetAddress> destination = to.address(family);
      if (source.isPresent() && destination.isPresent()) {
        return port.isPresent()
            ? flow(source.get(), destination.get(), port.get())
            : TraceFlow.icmp(source.get(), destination.get());
      }
    }
    throw new CommandException(from + " and " + to + " have no family of addresses in common");
  }

  private static TraceFlow flow(InetAddress from, InetAddress to, String port)
      throws CommandException {
    String[] parts = port.split("/", 2);
    try {
      Protocol protocol =
          parts.length == 1 ? Protocol.TCP : Protocol.valueOf(parts[1].toUpperCase(Locale.ROOT));
      return new TraceFlow(from, to, protocol, Integer.parseInt(parts[0]));
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "port: " + port + " (expected: 1..65535, then /tcp or /udp or nothing)", 2);
    }
  }

  private static Side side(PathEnd end, TraceFlow flow, StoreFacts facts) {
    IpFamily family = IpFamily.of(flow.from());
    return new Side(
        end.node(),
        end.endpoint().map(e -> e.metadata().namespace() + "/" + e.name()),
        end.node().flatMap(node -> facts.underlay(node, family)));
  }

  private Map<String, NodeAnswer> ask(PathQuestion question, Set<String> nodes)
      throws CommandException, InterruptedException {
    try {
      return new NodeQueries(store, self, Clock.systemUTC())
          .ask(PathQuestion.VERB, question.arguments(), nodes, PATIENCE.plus(question.headStart()));
    } catch (StoreException e) {
      throw new CommandException("the nodes cannot be asked: " + e.getMessage(), e);
    }
  }

  private static Verdict verdict(
      PathQuestion question,
      PathEnd from,
      PathEnd to,
      StoreFacts facts,
      Map<String, NodeAnswer> answers)
      throws CommandException {
    List<Hop> stored =
        new ArrayList<>(
            Stream.concat(
                    facts.of(from, question.flow().from()).stream(),
                    facts.of(to, question.flow().to()).stream())
                .distinct()
                .toList());
    for (String node : new TreeSet<>(List.of(from.node().orElse(""), to.node().orElse("")))) {
      if (!node.isEmpty() && !answers.containsKey(node)) {
        stored.add(Hop.unknown(node, Place.AGENT, "agent", "does not answer: does it run?"));
      }
    }
    return Verdict.of(
        new Verdict.Case(
            question,
            from,
            to,
            stored,
            facts.wayBack(from, question.flow().from()),
            answer(from, answers),
            answer(to, answers)));
  }

  private static Optional<PathAnswer> answer(PathEnd end, Map<String, NodeAnswer> answers)
      throws CommandException {
    Optional<NodeAnswer> answer = end.node().map(answers::get);
    if (answer.isEmpty()) {
      return Optional.empty();
    }
    if (answer.get().failure().isPresent()) {
      throw new CommandException(end.node().get() + ": " + answer.get().failure().get());
    }
    return Optional.of(PathAnswer.of(answer.get().answer()));
  }

  /** For completion, where nothing is to be said. */
  private enum Silent implements Output {
    OUTPUT;

    @Override
    public void row(Record row) {}

    @Override
    public void message(String text) {}

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void flush() {}
  }
}
