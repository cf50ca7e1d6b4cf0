// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpReservation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.core.view.Readers;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the store says about one address.
 *
 * @param state in a word
 * @param sentence for people
 * @param facts what there is to know, by what it is about, in the order to be told
 */
record AddressStory(State state, String sentence, Map<String, String> facts) {
  /** Whose an address is. */
  enum State {
    POD,
    TUNNEL,
    HELD,
    COOLING,
    FREE,
    RESERVED,
    NODE,
    FOREIGN
  }

  /** Reads what is needed and tells it. */
  static AddressStory of(InetAddress address, StoredResources resources, Instant now)
      throws CommandException {
    return new Reader(address, resources, now).tell();
  }

  /** All that the stories are made of. */
  private static final class Reader {
    private final InetAddress address;
    private final Instant now;
    private final List<IpPool> pools;
    private final List<Node> nodes;
    private final Optional<IpPool> pool;
    private final Optional<IpamBlock> block;
    private final StoredResources resources;
    private final Map<String, String> facts = new LinkedHashMap<>();

    Reader(InetAddress address, StoredResources resources, Instant now) throws CommandException {
      this.address = address;
      this.now = now;
      this.resources = resources;
      pools = resources.values(IpPool.KIND, IpPool::parse);
      nodes = resources.values(Node.KIND, Node::parse);
      pool = pools.stream().filter(p -> p.cidr().contains(address)).findFirst();
      block =
          resources.values(IpamBlock.KIND, IpamBlock::parse).stream()
              .filter(b -> !b.deleted() && b.cidr().contains(address))
              .findFirst();
    }

    AddressStory tell() throws CommandException {
      Optional<Allocation> holder = block.flatMap(b -> b.holder(address));
      if (holder.isEmpty()) {
        return tellNobodys();
      }
      return holder.get().releasedAt().isPresent()
          ? tellCooling(holder.get().releasedAt().get())
          : tellHeld(holder.get());
    }

    private AddressStory tellHeld(Allocation holder) throws CommandException {
      Optional<WorkloadEndpoint> endpoint = endpoint(holder);
      holder.since().ifPresent(since -> facts.put("since", since(since)));
      holder.handleId().ifPresent(handle -> facts.put("handle", handle));
      boolean isTunnel = Holders.isTunnel(holder);
      endpoint.ifPresentOrElse(
          e -> facts.put("endpoint", e.name() + ", interface " + e.interfaceName()),
          () -> {
            if (!isTunnel) {
              facts.put("endpoint", "none: a leak, unless its pod is just being made or removed");
            }
          });
      addBlock();
      Optional<String> owner = block.flatMap(IpamBlock::owner);
      if (holder.node().isPresent() && !holder.node().equals(owner)) {
        facts.put(
            "borrowed",
            "used on " + holder.node().get() + ", the block is " + owner.orElse("nobody") + "'s");
      }
      addPool();
      if (pool.isPresent()) {
        Optional<String> asked = endpoint.flatMap(e -> asked(e, pool.get()));
        facts.put(
            "why " + pool.get().name(),
            asked.isPresent() ? asked.get() : why(pool.get(), holder, isTunnel));
      }
      addReservation();
      boolean isPod = holder.attributes().containsKey("pod") || endpoint.isPresent();
      return story(
          isTunnel ? State.TUNNEL : isPod ? State.POD : State.HELD,
          "is held by " + (isTunnel ? "the " : "") + Holders.text(holder));
    }

    /** The one reason that is on record: the others are what pools and labels say today. */
    private static Optional<String> asked(WorkloadEndpoint endpoint, IpPool pool) {
      return endpoint
          .metadata()
          .annotation(WorkloadEndpoint.POOLS_ASKED_ANNOTATION)
          .filter(text -> text.contains(pool.name()) || text.contains(pool.cidr().toString()))
          .map("asked for: "::concat);
    }

    private String why(IpPool of, Allocation holder, boolean isTunnel) throws CommandException {
      String node = holder.node().orElse("unknown");
      Optional<Map<String, String>> labels =
          nodes.stream()
              .filter(n -> n.name().equals(node))
              .map(n -> n.metadata().labels())
              .findFirst();
      Optional<Namespace> namespace =
          isTunnel ? Optional.empty() : Optional.of(namespace(holder.attributes()));
      return new PoolReason(node, labels, namespace).of(of, pools);
    }

    /** One that nobody has written has no labels but its name. */
    private Namespace namespace(Map<String, String> attributes) throws CommandException {
      String name = attributes.getOrDefault("namespace", Namespace.DEFAULT);
      return resources.values(Namespace.KIND, Namespace::parse).stream()
          .filter(n -> n.name().equals(name))
          .findFirst()
          .orElseGet(() -> Namespace.of(name));
    }

    private AddressStory tellCooling(Instant releasedAt) throws CommandException {
      int seconds =
          resources.values(IpamConfiguration.KIND, IpamConfiguration::parse).stream()
              .findFirst()
              .orElse(IpamConfiguration.DEFAULT)
              .ipCooldownSeconds();
      long left = Duration.between(now, releasedAt.plusSeconds(seconds)).toSeconds();
      facts.put("released", releasedAt.truncatedTo(ChronoUnit.SECONDS).toString());
      addBlock();
      addPool();
      return story(
          State.COOLING,
          "cools down: "
              + (left > 0
                  ? "it may be given out again in " + left + " s"
                  : "its time is over, the next assignment in its block frees it"));
    }

    private AddressStory tellNobodys() throws CommandException {
      Optional<String> node = nodeWithAddress();
      if (pool.isEmpty() && block.isEmpty()) {
        if (node.isPresent()) {
          return story(State.NODE, "is the address of node " + node.get() + ", and in no pool");
        }
        facts.put(
            "pools",
            pools.stream().map(p -> p.name() + " " + p.cidr()).collect(Collectors.joining(", ")));
        return story(State.FOREIGN, "is in no pool: Margay neither assigns nor routes it");
      }
      addBlock();
      addPool();
      if (addReservation()) {
        return story(State.RESERVED, "is reserved: only who asks for it gets it; nobody has");
      }
      if (block.isEmpty()) {
        return story(State.FREE, "is free: no node has claimed its block yet");
      }
      int place = block.get().freeAddresses().indexOf(address) + 1;
      return story(
          State.FREE,
          "is free, number "
              + place
              + " of "
              + block.get().freeCount()
              + " to be given out in its block");
    }

    private void addBlock() {
      block.ifPresentOrElse(
          b ->
              facts.put(
                  "block",
                  b.cidr()
                      + b.owner().map(n -> " of " + n + gone(n)).orElse(" of nobody")
                      + ", "
                      + (b.size() - b.freeCount())
                      + " of "
                      + b.size()
                      + " in use"),
          () ->
              pool.ifPresent(
                  p ->
                      facts.put(
                          "block",
                          Cidr.containing(address, p.blockSize()) + ", claimed by nobody")));
    }

    private String gone(String node) {
      return nodes.stream().anyMatch(n -> n.name().equals(node)) ? "" : ", which is gone";
    }

    private void addPool() {
      facts.put(
          "pool",
          pool.map(
                  p ->
                      p.name()
                          + " ("
                          + p.cidr()
                          + "), mode "
                          + Readers.mode(p)
                          + (p.disabled() ? ", disabled" : ""))
              .orElse("gone; its block is left over"));
    }

    private boolean addReservation() throws CommandException {
      for (IpReservation reservation : resources.values(IpReservation.KIND, IpReservation::parse)) {
        for (Cidr cidr : reservation.reservedCidrs()) {
          if (cidr.contains(address)) {
            facts.put("reserved", "by IPReservation " + reservation.name() + " (" + cidr + ")");
            return true;
          }
        }
      }
      return false;
    }

    private Optional<WorkloadEndpoint> endpoint(Allocation holder) throws CommandException {
      if (Holders.isTunnel(holder)) {
        return Optional.empty();
      }
      return resources.values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse).stream()
          .filter(e -> e.ipNetworks().contains(Cidr.host(address)))
          .findFirst();
    }

    private Optional<String> nodeWithAddress() {
      return nodes.stream()
          .filter(
              n ->
                  n.address(IpFamily.of(address))
                      .map(InterfaceAddress::address)
                      .equals(Optional.of(address)))
          .map(Node::name)
          .findFirst();
    }

    private String since(Instant since) {
      Instant second = since.truncatedTo(ChronoUnit.SECONDS);
      Duration age = Duration.between(second, now).truncatedTo(ChronoUnit.SECONDS);
      return second + " (" + age.toString().substring(2).toLowerCase(Locale.ROOT) + ")";
    }

    private AddressStory story(State state, String sentence) {
      return new AddressStory(state, Ip.text(address) + " " + sentence, facts);
    }
  }
}
