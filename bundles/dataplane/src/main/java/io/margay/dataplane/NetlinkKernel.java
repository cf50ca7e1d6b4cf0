// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.ForeignFirewall;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.dataplane.Encoder.NoSuchLinkException;
import io.margay.netlink.AddressMessage;
import io.margay.netlink.Event;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Message;
import io.margay.netlink.NeighbourMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.RouteMessage;
import io.margay.netlink.SocketTable;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The Linux kernel, by rtnetlink, nftables, bpf(2) and {@code /proc/sys}. */
final class NetlinkKernel implements Kernel {
  /** What is meant by "already deleted". */
  private static final Set<String> ABSENT =
      Set.of("ESRCH", "ENOENT", "ENODEV", "ENXIO", "EADDRNOTAVAIL");

  private final NetlinkSocket socket;
  private final NetlinkSocket reaperSocket;
  private final ExecutorService reaper;
  private final Executor kernelThread;
  private final EventQueue events;

  /** Null in a kernel without nftables. */
  private final NftKernel nft;

  private final EventQueue nftEvents;
  private final LinkTable links = new LinkTable();
  private final Bpf bpf;
  private final RateLimits rateLimits;
  private final Decoder decoder;
  private final Encoder encoder;
  private final EventTranslator translator;

  private Sink sink;

  /**
   * How to open the kernel.
   *
   * @param threads run in the network namespace to be managed
   * @param bpf folder of the node's own BPF file system
   * @param hasTcx whether BPF programs are attached by TCX; asked when there is one
   * @param firewalls is told on the kernel thread which firewalls of others drop forwarded packets
   */
  record Options(
      int routeProtocol,
      int eventBufferBytes,
      Threads threads,
      Path bpf,
      BooleanSupplier hasTcx,
      Consumer<List<ForeignFirewall>> firewalls) {}

  private NetlinkKernel(
      Options options,
      NetlinkSocket socket,
      NetlinkSocket reaperSocket,
      EventQueue events,
      NftKernel nft,
      EventQueue nftEvents,
      Executor kernelThread) {
    this.socket = socket;
    this.reaperSocket = reaperSocket;
    this.events = events;
    this.nft = nft;
    this.nftEvents = nftEvents;
    this.kernelThread = kernelThread;
    this.reaper = Executors.newSingleThreadExecutor(r -> options.threads().create("reaper", r));
    this.bpf = new Bpf(options.bpf(), options.hasTcx(), socket, links);
    this.rateLimits = new RateLimits(socket, links);
    this.decoder = new Decoder(links, options.routeProtocol());
    this.encoder = new Encoder(links, options.routeProtocol());
    this.translator = new EventTranslator(links, decoder);
  }

  /**
   * Opens the kernel of this thread's network namespace.
   *
   * @param wake called on any thread when {@link #drain} has something
   * @param kernelThread runs on the kernel thread what other threads have found out
   */
  static NetlinkKernel open(Options options, Runnable wake, Executor kernelThread)
      throws DataplaneException {
    NetlinkSocket socket = null;
    NetlinkSocket reaperSocket = null;
    try {
      socket = NetlinkSocket.open();
      reaperSocket = NetlinkSocket.open();
      EventQueue events =
          EventQueue.open(socket.port(), options.eventBufferBytes(), options.threads(), wake);
      NftKernel nft = NftKernel.open(options.firewalls()).orElse(null);
      EventQueue nftEvents =
          nft == null
              ? null
              : EventQueue.openNft(nft.port(), options.eventBufferBytes(), options.threads(), wake);
      return new NetlinkKernel(options, socket, reaperSocket, events, nft, nftEvents, kernelThread);
    } catch (NetlinkException e) {
      if (reaperSocket != null) {
        reaperSocket.close();
      }
      if (socket != null) {
        socket.close();
      }
      throw wrap(e);
    }
  }

  @Override
  public void read(Kind kind, Collection<Object> keys, Consumer<Found> sink)
      throws DataplaneException {
    try {
      switch (kind) {
        case LINK -> readLinks(sink);
        case ADDRESS -> readAddresses(sink);
        case SYSCTL -> {
          Sysctls.read(keys, sink);
          rateLimits.read(keys, sink);
        }
        case NEIGHBOUR -> {
          for (NeighbourMessage message : socket.neighbours(Message.AF_UNSPEC)) {
            if (message.isPermanent()) {
              decoder.decode(message).ifPresent(sink);
            }
          }
        }
        case FDB -> socket.fdb(0).forEach(m -> decoder.decode(m).ifPresent(sink));
        case RULE ->
            socket.rules(Message.AF_UNSPEC).forEach(m -> decoder.decode(m).ifPresent(sink));
        case BPF_MAP, BPF_MAP_ENTRY, BPF_PROGRAM -> bpf.read(kind, keys, sink);
        case NFT_TABLE -> {
          if (nft != null) {
            nft.readTable(sink);
          }
        }
        case NFT_ELEMENT -> {
          if (nft != null) {
            nft.readElements(sink);
          }
        }
        case ROUTE ->
            socket.routes(Message.AF_UNSPEC).forEach(m -> decoder.decode(m).ifPresent(sink));
      }
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  private void readLinks(Consumer<Found> found) throws NetlinkException {
    List<LinkMessage> all = socket.links();
    links.read(all, sink::link);
    all.forEach(m -> decoder.decode(m).ifPresent(found));
  }

  private void readAddresses(Consumer<Found> sink) throws NetlinkException {
    List<AddressMessage> all = socket.addresses(Message.AF_UNSPEC);
    links.clearAddresses();
    for (AddressMessage message : all) {
      links.setAddress(message.index(), message.address(), true);
      decoder.decode(message).ifPresent(sink);
    }
  }

  @Override
  public Map<Integer, Refusal> write(List<Write> writes) throws DataplaneException {
    if (writes.get(0).object().kind() == Kind.SYSCTL) {
      return Sysctls.write(writes, rateLimits);
    }
    if (writes.get(0).object() instanceof Link) {
      return writeLinks(writes);
    }
    if (writes.get(0).object().kind() == Kind.NFT_TABLE
        || writes.get(0).object().kind() == Kind.NFT_ELEMENT) {
      return writeNft(writes);
    }
    if (Bpf.isBpf(writes.get(0).object().kind())) {
      return bpf.write(writes);
    }
    Map<Integer, Refusal> refusals = new HashMap<>();
    List<Request> requests = new ArrayList<>(writes.size());
    // Where the requests of a write begin, since one write may take two.
    int[] owner = new int[2 * writes.size()];
    for (int i = 0; i < writes.size(); i++) {
      try {
        for (Request request : encoder.encode(writes.get(i))) {
          owner[requests.size()] = i;
          requests.add(request);
        }
      } catch (NoSuchLinkException e) {
        if (writes.get(i).verb() != Verb.DELETE) {
          refusals.put(i, Encoder.refusal(writes.get(i), e));
        }
      }
    }
    try {
      List<Optional<NetlinkException>> results = socket.batch(requests);
      for (int r = 0; r < results.size(); r++) {
        if (results.get(r).isPresent()) {
          refuse(writes, owner[r], requests.get(r), results.get(r).get(), refusals);
        }
      }
    } catch (NetlinkException e) {
      throw wrap(e);
    }
    return refusals;
  }

  private static void refuse(
      List<Write> writes, int i, Request request, NetlinkException e, Map<Integer, Refusal> out) {
    boolean deletes = request.operation() == Request.Operation.DELETE;
    if (!(deletes && ABSENT.contains(e.errno()))) {
      out.putIfAbsent(i, refusal(e));
    }
  }

  private Map<Integer, Refusal> writeLinks(List<Write> writes) throws DataplaneException {
    Map<Integer, Refusal> refusals = new HashMap<>();
    try {
      for (int i = 0; i < writes.size(); i++) {
        List<Request> requests;
        try {
          requests = encoder.encodeLink(writes.get(i));
        } catch (NoSuchLinkException e) {
          refusals.put(i, Encoder.refusal(writes.get(i), e));
          continue;
        }
        List<Optional<NetlinkException>> results = socket.batch(requests);
        int last = requests.size() - 1;
        boolean created = writes.get(i).verb() == Verb.ADD && results.get(0).isEmpty();
        if (created && results.get(last).isPresent()) {
          // Not marked: nobody would recognise it as ours.
          socket.execute(Request.delete(requests.get(last).message()));
        }
        for (Optional<NetlinkException> result : results) {
          if (result.isPresent()) {
            refusals.putIfAbsent(i, refusal(result.get()));
          }
        }
      }
    } catch (NetlinkException e) {
      throw wrap(e);
    }
    return refusals;
  }

  private Map<Integer, Refusal> writeNft(List<Write> writes) throws DataplaneException {
    try {
      return nft == null ? Map.of() : nft.write(writes); // Without nftables nothing is there.
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  @Override
  public Optional<Refusal> writeTable(NftTable table, List<NftElement> elements)
      throws DataplaneException {
    if (nft == null) {
      return Optional.of(
          new Refusal("EOPNOTSUPP", table + ": EOPNOTSUPP (the kernel has no nftables)"));
    }
    try {
      return nft.writeTable(table, elements);
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  @Override
  public void deleteLink(String name, Consumer<Optional<Refusal>> done) {
    reaper.execute(
        () -> {
          if (Match.isFallback(name)) {
            // Otherwise, where the kernel keeps it, our mark would stay on it.
            execute(Request.change(LinkMessage.named(name).withAlias("").withUp(false)));
          }
          Optional<Refusal> refusal =
              execute(Request.delete(LinkMessage.named(name)))
                  .filter(r -> !ABSENT.contains(r.errno()));
          kernelThread.execute(() -> done.accept(refusal));
        });
  }

  private Optional<Refusal> execute(Request request) {
    try {
      reaperSocket.execute(request);
      return Optional.empty();
    } catch (NetlinkException e) {
      return Optional.of(refusal(e));
    }
  }

  @Override
  public Optional<LinkState> link(String name) {
    return links.state(name);
  }

  @Override
  public void lookAtLink(String name, Consumer<Found> found) throws DataplaneException {
    try {
      Optional<LinkMessage> message = socket.link(name);
      message.ifPresent(m -> links.look(m, sink::link));
      message.flatMap(decoder::decode).ifPresent(found);
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  // --- events ---

  @Override
  public void listen(Sink listener) {
    sink = listener;
  }

  @Override
  public void drain() {
    for (Event event : events.take()) {
      if (event instanceof Event.Changed changed) {
        translator.tell(changed, sink);
      } else {
        links.forgetEvents();
        sink.lost();
      }
    }
    if (nft != null && nftEvents.take().stream().anyMatch(NftKernel::concerns)) {
      sink.nft();
    }
  }

  // --- questions ---

  @Override
  public List<ActualState.Interface> interfaces() throws DataplaneException {
    try {
      Map<Integer, List<Address>> addresses = new HashMap<>();
      List<LinkMessage> all = socket.links();
      Map<Integer, String> names = new HashMap<>();
      all.forEach(l -> names.put(l.index(), l.name()));
      for (AddressMessage a : socket.addresses(Message.AF_UNSPEC)) {
        String name = names.getOrDefault(a.index(), "if" + a.index());
        addresses
            .computeIfAbsent(a.index(), i -> new ArrayList<>())
            .add(Address.of(name, a.address(), a.prefixLength()));
      }
      return all.stream()
          .map(l -> Decoder.state(l, addresses.getOrDefault(l.index(), List.of())))
          .toList();
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  @Override
  public Map<InetAddress, ActualState.FibResult> lookup(List<InetAddress> addresses) {
    Map<InetAddress, ActualState.FibResult> results = new HashMap<>();
    for (InetAddress address : addresses) {
      try {
        RouteMessage route = socket.lookup(address);
        String link = route.device().isPresent() ? links.name(route.device().getAsInt()) : "";
        boolean local = route.type() == RouteMessage.RTN_LOCAL;
        results.put(
            address,
            new ActualState.FibResult(link, route.gateway(), route.preferredSource(), local));
      } catch (NetlinkException e) {
        results.remove(address); // no route: by the contract such an address is missing
      }
    }
    return results;
  }

  @Override
  public Set<InetAddress> boundTo(Collection<InetAddress> addresses) throws DataplaneException {
    try (SocketTable sockets = SocketTable.open()) {
      Set<InetAddress> bound = new HashSet<>();
      for (InetAddress address : addresses) {
        if (sockets.hasLocal(address)) {
          bound.add(address);
        }
      }
      return bound;
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  @Override
  public Map<String, Long> counters(Set<String> names) throws DataplaneException {
    return LinkCounters.read(names);
  }

  @Override
  public Map<String, Long> counters(List<BpfMap> maps) throws DataplaneException {
    return bpf.counters(maps);
  }

  @Override
  public Map<String, Long> tableCounters() throws DataplaneException {
    try {
      return nft == null ? Map.of() : nft.counters();
    } catch (NetlinkException e) {
      throw wrap(e);
    }
  }

  @Override
  public void close() {
    reaper.shutdown();
    events.close();
    if (nft != null) {
      nftEvents.close();
      nft.close();
    }
    socket.close();
    reaperSocket.close();
  }

  private static Refusal refusal(NetlinkException e) {
    return new Refusal(e.errno(), e.getMessage());
  }

  private static DataplaneException wrap(NetlinkException e) {
    return new DataplaneException(e.getMessage(), e.errno(), e);
  }
}
