// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.Probe.Protocol;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.dataplane.Query;
import io.margay.api.mode.Settings;
import io.margay.api.net.Ip;
import io.margay.core.plan.Wanted;
import io.margay.core.view.ClusterView;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, per tunnel, whether the card computes the checksums of what is inside rightly. Some do
 * not: then pings arrive, and TCP and UDP do not.
 *
 * <p>A peer is probed over the tunnel by ICMP and by UDP. When it only answers ICMP, the mode is
 * told to have the kernel compute the checksums; when the peer answers UDP then, the card is at
 * fault, and it stays so. Otherwise something else drops UDP, and all is as before. Confined to the
 * agent thread.
 */
final class ChecksumTests {
  private static final Logger LOG = LoggerFactory.getLogger(ChecksumTests.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration LATE = Duration.ofMinutes(10);
  private static final int TRIES = 3;
  private static final int PEERS = 3;
  private static final int SIZE_BYTES = 200;

  private enum Verdict {
    UNTESTED,
    RIGHT,
    SUSPECTED,
    WRONG,
    UNCLEAR
  }

  /** One tunnel, of a mode and a family. */
  private static final class Tunnel {
    final String mode;
    Verdict verdict = Verdict.UNTESTED;
    boolean isBusy;

    Tunnel(String mode) {
      this.mode = mode;
    }
  }

  private record Way(InetAddress from, InetAddress to) {}

  private final AgentThread agent;
  private final Executor io;
  private final Declarations declarations;
  private final Modes modes;
  private final Runnable onChange;
  private final Map<String, Tunnel> tunnels = new TreeMap<>();
  private Dataplane dataplane;

  /**
   * Nothing is tested yet.
   *
   * @param onChange called on the agent thread when a mode is to plan with other settings, and when
   *     it is time for {@link #check} again
   */
  ChecksumTests(
      AgentThread agent, Executor io, Declarations declarations, Modes modes, Runnable onChange) {
    this.agent = agent;
    this.io = io;
    this.declarations = declarations;
    this.modes = modes;
    this.onChange = onChange;
  }

  void bind(Dataplane service) {
    dataplane = service;
  }

  /** What a mode is to plan with. */
  Settings settings(String mode, Settings configured) {
    if (configured.checksumOffloadBroken().isPresent()) {
      return configured;
    }
    Set<Verdict> verdicts =
        tunnels.values().stream()
            .filter(t -> t.mode.equals(mode))
            .map(t -> t.verdict)
            .collect(Collectors.toSet());
    if (verdicts.contains(Verdict.SUSPECTED) || verdicts.contains(Verdict.WRONG)) {
      return configured.withChecksumOffloadBroken(true);
    }
    return verdicts.contains(Verdict.UNCLEAR)
        ? configured.withChecksumOffloadBroken(false) // Else what was tried would stay.
        : configured;
  }

  /** Tunnels whose checksums the kernel computes because the card does not, a sentence each. */
  List<String> findings() {
    List<String> findings = new ArrayList<>();
    tunnels.forEach(
        (key, tunnel) -> {
          if (tunnel.verdict == Verdict.WRONG) {
            findings.add(
                key + ": the card's checksums were wrong, the kernel computes them (offload off)");
          }
        });
    return findings;
  }

  /** Tests what has not been tested; after each declaration. */
  void check(ClusterView now, Wanted wanted) {
    tunnels.values().removeIf(t -> !wanted.byMode().containsKey(t.mode));
    if (dataplane == null || now.settings().checksumOffloadBroken().isPresent()) {
      return;
    }
    Map<String, InetAddress> own = now.own().orElseThrow().tunnelAddresses();
    for (Map.Entry<String, InetAddress> entry : own.entrySet()) {
      String mode = entry.getKey().substring(0, entry.getKey().indexOf('/'));
      if (!wanted.byMode().containsKey(mode)) {
        continue;
      }
      Tunnel tunnel = tunnels.computeIfAbsent(entry.getKey(), key -> new Tunnel(mode));
      List<Way> ways =
          now.peers().stream()
              .flatMap(p -> Optional.ofNullable(p.tunnelAddresses().get(entry.getKey())).stream())
              .limit(PEERS)
              .map(to -> new Way(entry.getValue(), to))
              .toList();
      if (tunnel.verdict == Verdict.UNTESTED && !tunnel.isBusy && !ways.isEmpty()) {
        tunnel.isBusy = true;
        find(tunnel, ways);
      }
    }
  }

  /** A peer to which packets go by the tunnel now. */
  private void find(Tunnel tunnel, List<Way> ways) {
    Set<String> links =
        modes.active(tunnel.mode).flatMap(ModePlanner::lastGood).stream()
            .flatMap(good -> good.plan().standing().stream())
            .filter(Link.class::isInstance)
            .map(o -> ((Link) o).name())
            .collect(Collectors.toSet());
    Dataplane source = dataplane;
    io.execute(
        () -> {
          Optional<Way> found;
          try {
            Map<InetAddress, FibResult> lookups =
                source.actual(Query.lookup(ways.stream().map(Way::to).toList())).lookups();
            found =
                ways.stream()
                    .filter(w -> lookups.containsKey(w.to()))
                    .filter(w -> links.contains(lookups.get(w.to()).link()))
                    .findFirst();
          } catch (DataplaneException e) {
            LOG.info("Tunnel not tested mode={}", tunnel.mode, e);
            found = Optional.empty();
          }
          Optional<Way> way = found;
          agent.execute(
              () -> way.ifPresentOrElse(w -> first(tunnel, w), () -> again(tunnel, SOON)));
        });
  }

  private void first(Tunnel tunnel, Way way) {
    probe(
        Protocol.ICMP,
        way,
        TRIES,
        isAnswered -> {
          if (isAnswered) {
            probe(Protocol.UDP, way, TRIES, isRight -> firstVerdict(tunnel, way, isRight));
          } else {
            again(tunnel, SOON);
          }
        });
  }

  private void firstVerdict(Tunnel tunnel, Way way, boolean isRight) {
    if (isRight) {
      tunnel.verdict = Verdict.RIGHT;
      tunnel.isBusy = false;
      return;
    }
    tunnel.verdict = Verdict.SUSPECTED;
    onChange.run();
    // The mode plans and declares; what it declares last counts.
    agent.after(
        TIMEOUT,
        () ->
            declarations
                .settled(Owner.mode(tunnel.mode))
                .whenComplete(
                    (done, refusal) ->
                        agent.execute(
                            () ->
                                probe(
                                    Protocol.UDP,
                                    way,
                                    TRIES,
                                    isCured -> secondVerdict(tunnel, way, isCured)))));
  }

  private void secondVerdict(Tunnel tunnel, Way way, boolean isCured) {
    tunnel.verdict = isCured ? Verdict.WRONG : Verdict.UNCLEAR;
    if (isCured) {
      tunnel.isBusy = false;
      LOG.warn(
          "The card's checksums in the tunnel are wrong, the kernel computes them now mode={}"
              + " peer={}",
          tunnel.mode,
          Ip.text(way.to()));
    } else {
      LOG.info(
          "UDP probes by the tunnel are not answered, with and without the card's checksums mode={}"
              + " peer={}",
          tunnel.mode,
          Ip.text(way.to()));
      again(tunnel, LATE);
    }
    onChange.run();
  }

  private void again(Tunnel tunnel, Duration delay) {
    agent.after(
        delay,
        () -> {
          tunnel.verdict = Verdict.UNTESTED;
          tunnel.isBusy = false;
          onChange.run();
        });
  }

  /** Until one probe is answered, or none of so many. */
  private void probe(Protocol protocol, Way way, int tries, Consumer<Boolean> then) {
    CompletionStage<ProbeResult> sent =
        dataplane.probe(new Probe(protocol, way.from(), way.to(), SIZE_BYTES, TIMEOUT));
    sent.whenComplete(
        (result, failure) ->
            agent.execute(
                () -> {
                  boolean isAnswered = failure == null && result.answered();
                  if (isAnswered || tries == 1) {
                    then.accept(isAnswered);
                  } else {
                    agent.after(TIMEOUT, () -> probe(protocol, way, tries - 1, then));
                  }
                }));
  }
}
