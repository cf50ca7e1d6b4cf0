// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.StoreException;
import io.margay.testkit.FakeStore;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A node whose store and kernel are fakes, and whose server is real: socket, spool and threads.
 * Store and kernel outlive the server, as on a node.
 */
final class TestNode {
  static final String CONTAINER = "0a1b2c";

  final Path directory = Files.createTempDirectory("margay-cni");
  final Path socket = directory.resolve("run/cni.sock");
  final Spool spool = new Spool(directory.resolve("spool"));
  final FakeStore store = new FakeStore();
  final FakeIpam ipam = new FakeIpam(store);
  final FakePlumber plumber = new FakePlumber();
  FakeAgent agent = new FakeAgent();
  Services services = new Services();
  volatile Consumer<FaultPoint> faults = point -> {};
  volatile Duration patience = Duration.ofSeconds(20);
  Verbs verbs;
  CallLog log;
  Calls calls;
  private Optional<Intake> intake = Optional.empty();
  private Optional<ExecutorService> threads = Optional.empty();

  TestNode() throws IOException, StoreException {
    addPool("pool-ipv4", FakeIpam.BLOCK_IPV4);
    build();
  }

  void addPool(String name, Cidr cidr) throws StoreException {
    IpPool pool = IpPool.of(name, cidr);
    store.put(pool.key(), pool.toJson(), Expected.ANY);
  }

  /** A new server without memory of the one before. */
  void build() {
    services = new Services();
    agent = new FakeAgent();
    services.agent().bind(agent);
    services.plumber().bind(plumber);
    services.ipam().bind(ipam);
    services.store().bind(store);
    Consumer<FaultPoint> reached = point -> faults.accept(point);
    Removals removals = new Removals(services, spool, () -> patience, reached);
    verbs = new Verbs(services, removals, () -> patience, reached);
    log = new CallLog();
    threads.ifPresent(ExecutorService::shutdown);
    ExecutorService pool = Executors.newFixedThreadPool(8);
    threads = Optional.of(pool);
    calls = new Calls(pool, verbs, removals, reached, log, services.words());
  }

  /** Starts to listen, and waits until it does. */
  void listen() throws IOException {
    Intake started = new Intake(socket, spool, calls, patience);
    intake = Optional.of(started);
    started.start();
    while (started.problem().isPresent()) {
      Thread.onSpinWait();
    }
  }

  void stop() throws InterruptedException {
    if (intake.isPresent()) {
      intake.get().stop();
    }
    if (!calls.drain(Deadline.after(Duration.ofSeconds(20)))) {
      throw new AssertionError("calls do not end");
    }
    threads.orElseThrow().shutdown();
  }

  void close() throws IOException, InterruptedException {
    stop();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  static RawCall call(Verb verb) {
    return call(verb, CONTAINER, Map.of(), Map.of());
  }

  /** A call in the network {@code net}, with further variables and members of the configuration. */
  static RawCall call(
      Verb verb, String container, Map<String, String> variables, Map<String, String> members) {
    Map<String, String> environment = new HashMap<>();
    environment.put("CNI_COMMAND", verb.name());
    environment.put("CNI_CONTAINERID", container);
    environment.put("CNI_IFNAME", "eth0");
    // The namespace of this very process is one that surely exists.
    environment.put("CNI_NETNS", "/proc/self/ns/net");
    environment.put("CNI_NETNS_OVERRIDE", "1");
    environment.put("CNI_PATH", "/opt/cni/bin");
    environment.putAll(variables);
    StringBuilder json =
        new StringBuilder("{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"margay-cni\"");
    members.forEach((key, value) -> json.append(",\"" + key + "\":" + value));
    return new RawCall(environment, bytes(json.append("}").toString()));
  }

  /** Runs a call on this thread, past socket and queue. */
  Answer run(RawCall call) {
    try {
      return verbs.answer(Request.decode(call), call, () -> false, new Trace());
    } catch (CniException e) {
      return Answer.error(Request.versionFor(call), e);
    }
  }

  SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  static void send(SocketChannel channel, RawCall call) throws IOException {
    byte[] bytes = call.encode();
    ByteBuffer frame = ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes);
    frame.flip();
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /** Sends a call and reads the answer, as the relay does. */
  Answer exchange(RawCall call) throws IOException {
    try (SocketChannel channel = connect()) {
      send(channel, call);
      DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
      int size = in.readInt();
      int status = in.readUnsignedByte();
      return new Answer(status, in.readNBytes(size - 1), "");
    }
  }

  static JsonObject json(Answer answer) {
    return JsonParser.parseString(text(answer)).getAsJsonObject();
  }

  static String text(Answer answer) {
    return new String(answer.output(), StandardCharsets.UTF_8);
  }

  /** The configuration of a call. */
  static String text(RawCall call) {
    return new String(call.input(), StandardCharsets.UTF_8);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** What is there of any workload; empty when nothing is leaked. */
  List<String> remains() throws StoreException, IOException {
    return Stream.of(
            ipam.held(IpFamily.IPV4).stream().map(a -> "address " + a),
            ipam.held(IpFamily.IPV6).stream().map(a -> "address " + a),
            store.list(WorkloadEndpoint.KIND).entries().stream().map(e -> "document " + e.key()),
            plumber.links.keySet().stream().map(h -> "link " + h),
            agent.wired.keySet().stream().map(h -> "routes " + h),
            spool.waiting().stream().map(a -> "spooled DEL of " + a))
        .flatMap(s -> s)
        .toList();
  }
}
