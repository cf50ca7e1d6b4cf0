// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.net.IpFamily;
import io.margay.api.sharing.LearnedRoute;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.policy.PeerSettings;
import io.margay.bgp.policy.SpeakerSettings;
import io.margay.bgp.rib.Rib;
import io.margay.bgp.rib.RibQueries;
import io.margay.bgp.session.Connection;
import io.margay.bgp.session.Timers;
import io.margay.bgp.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A BGP speaker. Everything happens on one thread, {@code bgp}; {@link #configure}, {@link #ask}
 * and {@link #close} may be called on any.
 */
public final class Speaker {
  private static final Logger LOG = LoggerFactory.getLogger(Speaker.class);
  private static final long ASK_SECONDS = 10;
  private static final long COMPLAINT_NANOS = 1_000_000_000L;

  /**
   * What does not change while a speaker lives.
   *
   * @param maxRoutes of all peers together; one more ends the session that told it
   * @param deferralSeconds for which peers that are not up are waited for after the start
   * @param installsRoutes whether what is learned is for this node too; false for a reflector
   */
  public record Options(int maxRoutes, int deferralSeconds, boolean installsRoutes) {}

  private final Options options;
  private final Transport transport = new Transport();
  private final LearnedTable learned;
  private final Runnable onChange;
  private final Map<InetAddress, Peer> peers = new LinkedHashMap<>();
  private List<String> failures = List.of();
  private Optional<SpeakerSettings> settings = Optional.empty();
  private Rib rib;
  private boolean isRestarting = true;
  private boolean isFlushDue;
  private boolean isCheckDue;
  private long lastComplaintNanos;
  private long unknownConnections;

  /**
   * A speaker without peers, which is idle until {@link #configure}.
   *
   * @param receiver gets all routes that were learned, and whether they are all that there are; on
   *     the speaker's thread
   * @param onChange called on the speaker's thread when the state of a session has changed
   */
  public Speaker(
      Options options, BiConsumer<Collection<LearnedRoute>, Boolean> receiver, Runnable onChange) {
    this.options = options;
    this.onChange = onChange;
    learned = new LearnedTable(transport, receiver);
  }

  /** Becomes what these settings say, without touching what they leave as it is. */
  public void configure(SpeakerSettings changed) {
    transport.execute(() -> follow(changed));
  }

  /**
   * Asks something of this speaker's state, on its thread.
   *
   * @throws InterruptedException when interrupted
   * @throws IllegalStateException when it does not answer within 10 s, or is closed
   */
  public <T> T ask(Function<Speaker, T> question) throws InterruptedException {
    CompletableFuture<T> answer = new CompletableFuture<>();
    transport.execute(
        () -> {
          try {
            answer.complete(question.apply(this));
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    try {
      return answer.get(ASK_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the speaker fails: " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the speaker does not answer", e);
    }
  }

  /**
   * Ends all sessions without a word, so that the peers keep our routes for the restart time, and
   * waits until the thread has ended.
   */
  public void close() {
    transport.execute(
        () -> {
          peers.values().forEach(Peer::abandon);
          transport.listen(List.of(), connection -> {}, () -> {});
        });
    transport.close();
  }

  // --- settings ---

  private void follow(SpeakerSettings changed) {
    boolean isOther = settings.filter(s -> s.routerId() != changed.routerId()).isPresent();
    if (isOther) {
      LOG.info("The identifier has changed, all sessions begin anew");
      peers.values().forEach(Peer::remove);
      peers.clear();
    }
    boolean isFirst = settings.isEmpty();
    if (isFirst || isOther) {
      rib = new Rib(changed.routerId(), options.maxRoutes(), this::flushLater);
      rib.defer(isRestarting);
      if (options.installsRoutes()) {
        rib.onBestRoutes(learned);
      }
    }
    settings = Optional.of(changed);
    rib.configure(changed.ownAddresses(), changed.clusterId());
    rib.originate(changed.origins());
    learned.setGateways(changed.gateways());
    transport.setPasswords(passwords(changed));
    listen(changed);
    followPeers(changed);
    if (isFirst) {
      transport.inSeconds(options.deferralSeconds(), this::endRestart);
    }
    changed();
  }

  private void followPeers(SpeakerSettings changed) {
    Map<InetAddress, PeerSettings> wanted = new LinkedHashMap<>();
    changed.peers().forEach(peer -> wanted.put(Addresses.withoutZone(peer.address()), peer));
    // What is new comes before what goes: the routes of a peer that moves are there twice for once.
    List<Peer> added = new ArrayList<>();
    wanted.forEach(
        (address, peer) -> {
          Peer known = peers.get(address);
          if (known == null) {
            known = new Peer(this, peer);
            peers.put(address, known);
            added.add(known);
          } else {
            known.configure(peer);
          }
        });
    added.forEach(Peer::start);
    List<InetAddress> gone = new ArrayList<>(peers.keySet());
    gone.removeAll(wanted.keySet());
    gone.forEach(address -> peers.remove(address).remove());
  }

  private static Map<InetAddress, String> passwords(SpeakerSettings changed) {
    Map<InetAddress, String> passwords = new HashMap<>();
    for (PeerSettings peer : changed.peers()) {
      peer.password().ifPresent(word -> passwords.put(peer.address(), word));
    }
    return passwords;
  }

  private void listen(SpeakerSettings changed) {
    List<InetSocketAddress> addresses = new ArrayList<>();
    boolean isAnybody = !changed.peers().isEmpty();
    // Where nobody may connect, the port stays free for another speaker.
    if (isAnybody && changed.listenAddresses().isEmpty()) {
      addresses.add(new InetSocketAddress(any(4), changed.listenPort()));
      addresses.add(new InetSocketAddress(any(16), changed.listenPort()));
    } else if (isAnybody) {
      changed
          .listenAddresses()
          .forEach(a -> addresses.add(new InetSocketAddress(a, changed.listenPort())));
    }
    transport.listen(addresses, this::accepted, this::listening);
  }

  private void listening() {
    List<String> now = transport.listenFailures();
    if (!now.equals(failures)) {
      failures = now;
      failures.forEach(failure -> LOG.error("Peers cannot connect reason={}", failure));
      changed();
    }
  }

  private static InetAddress any(int bytes) {
    try {
      return InetAddress.getByAddress(new byte[bytes]);
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are an address", e);
    }
  }

  private void accepted(Connection connection) {
    InetAddress remote = Addresses.withoutZone(connection.remote().getAddress());
    Peer peer = peers.get(remote);
    Optional<String> refusal =
        peer == null
            ? Optional.of("nobody of this address is configured")
            : peer.accept(connection);
    if (refusal.isPresent()) {
      unknownConnections += peer == null ? 1 : 0;
      LOG.debug("Connection is refused from={} reason={}", remote, refusal.get());
      connection.send(
          Notification.of(Notification.CEASE, Notification.CONNECTION_REJECTED).encode());
      connection.close();
    }
  }

  // --- what peers ask of it ---

  Rib rib() {
    return rib;
  }

  /** What can be asked of the routes; when there are settings. */
  RibQueries queries() {
    return new RibQueries(rib);
  }

  Transport transport() {
    return transport;
  }

  Timers timers() {
    return transport;
  }

  Instant now() {
    return Instant.now();
  }

  int identifier() {
    return settings.orElseThrow().routerId();
  }

  Map<IpFamily, InetAddress> nodeAddresses() {
    Map<IpFamily, InetAddress> addresses = new EnumMap<>(IpFamily.class);
    addresses.putAll(settings.orElseThrow().nodeAddresses());
    return addresses;
  }

  /** Whether peers are still waited for after the start. RFC 4724 section 4.1. */
  boolean isRestarting() {
    return isRestarting;
  }

  /** Whether something may be written to the log that a peer could cause at will. */
  boolean mayComplain() {
    long now = transport.nanoTime();
    if (now - lastComplaintNanos < COMPLAINT_NANOS) {
      return false;
    }
    lastComplaintNanos = now;
    return true;
  }

  /** After all sockets that are ready were read: what they told is told on at once. */
  private void flushLater() {
    if (!isFlushDue) {
      isFlushDue = true;
      transport.execute(
          () -> {
            isFlushDue = false;
            rib.flush();
          });
    }
  }

  /** The state of a peer has changed. */
  void changed() {
    if (!isCheckDue) {
      isCheckDue = true;
      transport.execute(
          () -> {
            isCheckDue = false;
            if (isRestarting && peers.values().stream().allMatch(Peer::isTold)) {
              endRestart();
            }
            onChange.run();
          });
    }
  }

  private void endRestart() {
    if (isRestarting) {
      isRestarting = false;
      LOG.info("All peers are heard, or not waited for any more routes={}", rib.routeCount());
      peers.values().forEach(Peer::refreshOpen);
      rib.defer(false);
      learned.synced();
      onChange.run();
    }
  }

  // --- to be shown ---

  /** Whether all peers have told what they know since the start, or are not waited for. */
  boolean isSynced() {
    return learned.isSynced();
  }

  Collection<Peer> peers() {
    return peers.values();
  }

  Optional<SpeakerSettings> settings() {
    return settings;
  }

  /** What this speaker cannot do, in sentences. */
  List<String> failures() {
    return failures;
  }

  /** Connections of strangers. */
  long unknownConnections() {
    return unknownConnections;
  }
}
